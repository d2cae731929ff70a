/** A school's SSH keys: add one, list them, revoke one (SPEC section 1). */
import type { Client } from "@libsql/client";
import { Hono } from "hono";
import * as v from "valibot";
import { oneLine, strictObject } from "../given.ts";
import { instant, type WorkerContext } from "../context.ts";
import {
  addKey,
  changeKey,
  keyByFingerprint,
  listKeys,
  revokeKey,
  type StoredKey,
} from "../database/control/keys.ts";
import type { School } from "../database/control/schools.ts";
import { AllowedAddresses } from "../roster/settings.ts";
import { readJson } from "../http/body.ts";
import { describes, pageOf } from "../http/describe.ts";
import { needs } from "./needs.ts";
import { HttpProblem } from "../http/problem.ts";
import { PAGE, readPage, writePage } from "./page.ts";
import { author } from "./author.ts";
import { checkTypedAgain, Confirm } from "./confirm.ts";
import { InstantText } from "./instant.ts";
import { findSchool, noSuchSchool } from "./find-school.ts";
import { KeyRefusal } from "../ssh-key/refusal.ts";
import type { KeyFamily } from "../../shared/ssh-keys.ts";
import { type PublicKey, readPublicKey } from "../ssh-key/public-key.ts";
import { Key } from "./shapes/access.ts";

const Label = v.pipe(oneLine(), v.maxLength(200));

const NewKey = strictObject({
  publicKey: v.string(),
  /** What administrators call it; otherwise the key's own comment. */
  label: v.optional(Label),
  expiresAt: v.optional(v.nullable(InstantText)),
  /** Networks that logins with it may come from; none: from anywhere. */
  allowedAddresses: v.optional(AllowedAddresses, []),
});

const KeyChange = strictObject({
  label: v.optional(Label),
  allowedAddresses: v.optional(AllowedAddresses),
});

export function keyRoutes({ database, keyTypes, now }: WorkerContext): Hono {
  const routes = new Hono();

  routes.post(
    "/schools/:slug/keys",
    needs("admin"),
    describes({
      summary: "Adds an SSH key to a school",
      body: NewKey,
      answers: { 201: Key },
      refuses: { 409: ["key_of_another_school", "key_revoked", "key_exists"] },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const { publicKey, label, expiresAt, allowedAddresses } = await readJson(c, NewKey);
      const key = await acceptKey(publicKey, keyTypes);
      const by = author(c, now());
      const expires = acceptExpiry(expiresAt ?? null, by.at);
      const { comment, ...wire } = key;
      const added = {
        ...{ ...wire, schoolId: school.id, label: label ?? comment, expiresAt: expires },
        allowedAddresses,
      };
      if (!await addKey(database, added, by)) {
        throw keyTaken(school, await keyByFingerprint(database, key.fingerprint));
      }
      const unused = { revokedAt: null, lastUsedAt: null, lastUsedFrom: null };
      const stored = { ...added, createdAt: by.at, ...unused };
      return c.json(keyAnswer(stored), 201, {
        location: `/admin/schools/${school.slug}/keys/${encodeURIComponent(key.fingerprint)}`,
      });
    },
  );

  routes.get(
    "/schools/:slug/keys",
    needs("viewer"),
    describes({
      summary: "Lists a school's keys, revoked ones too",
      query: PAGE,
      answers: { 200: pageOf(Key) },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const page = readPage(c, v.tuple([v.string(), v.string()]));
      const keys = await listKeys(database, school.id, page);
      return c.json(
        writePage(keys, page, ({ createdAt, fingerprint }) => [createdAt, fingerprint], keyAnswer),
      );
    },
  );

  // A fingerprint may hold slashes, and few people write them as %2F.
  routes.patch(
    "/schools/:slug/keys/:fingerprint{.+}",
    needs("admin"),
    describes({
      summary: "Changes a key's label, or the addresses that logins with it may come from",
      body: KeyChange,
      answers: { 200: Key },
      refuses: { 404: ["school_unknown", "key_unknown"] },
    }),
    async (c) => {
      const key = await findKey(database, c.req.param("slug"), c.req.param("fingerprint"));
      const change = await readJson(c, KeyChange);
      const changed = await changeKey(database, key, change, author(c, now()));
      if (!changed) throw noSuchSchool(c.req.param("slug"));
      return c.json(keyAnswer(changed));
    },
  );

  routes.delete(
    "/schools/:slug/keys/:fingerprint{.+}",
    needs("admin", "school", "anew"),
    describes({
      summary: "Revokes a key: its sessions end within seconds, and it never comes back",
      query: { confirm: v.optional(Confirm) },
      answers: { 204: null },
      refuses: { 400: ["confirm_missing"], 404: ["school_unknown", "key_unknown"] },
    }),
    async (c) => {
      const key = await findKey(database, c.req.param("slug"), c.req.param("fingerprint"));
      checkTypedAgain(
        c,
        key.fingerprint,
        "Revoking a key ends its sessions, and it never comes back",
      );
      if (key.revokedAt === null) await revokeKey(database, key, author(c, now()));
      return c.body(null, 204);
    },
  );

  return routes;
}

async function findKey(database: Client, slug: string, fingerprint: string): Promise<StoredKey> {
  const school = await findSchool(database, slug);
  const key = await keyByFingerprint(database, fingerprint);
  if (key?.schoolId === school.id) return key;
  throw new HttpProblem(
    404,
    "key_unknown",
    `${school.slug} has no key ${fingerprint}. GET /admin/schools/${school.slug}/keys lists them.`,
  );
}

async function acceptKey(text: string, allowed: readonly KeyFamily[]): Promise<PublicKey> {
  try {
    return await readPublicKey(text, allowed);
  } catch (error) {
    if (error instanceof KeyRefusal) throw new HttpProblem(400, error.code, error.message);
    throw error;
  }
}

/** An end that is still to come, in the form in which instants are compared. */
function acceptExpiry(expiresAt: string | null, now: string): string | null {
  if (expiresAt === null) return null;
  const milliseconds = Date.parse(expiresAt);
  const expires = Number.isNaN(milliseconds) ? undefined : instant(milliseconds);
  if (expires !== undefined && expires > now) return expires;
  throw new HttpProblem(
    400,
    "expires_invalid",
    `expiresAt is ${expiresAt}; it takes an instant after now (${now}), or null for none. The key ` +
      "was not added.",
  );
}

/** Why the database did not take a key. Whose it is, another school is not told. */
function keyTaken(school: School, holder: StoredKey | undefined): HttpProblem {
  if (!holder) return noSuchSchool(school.slug);
  const { fingerprint, label, revokedAt } = holder;
  if (holder.schoolId !== school.id) {
    return new HttpProblem(
      409,
      "key_of_another_school",
      `The key ${fingerprint} belongs to another school, and a key is one school's. Make a new pair ` +
        "for this one.",
    );
  }
  if (revokedAt !== null) {
    return new HttpProblem(
      409,
      "key_revoked",
      `The key ${fingerprint} was revoked at ${revokedAt}, and a revoked key never comes back. Make ` +
        "a new pair.",
    );
  }
  return new HttpProblem(
    409,
    "key_exists",
    `${school.slug} has the key ${fingerprint} already${
      label ? `, as ${JSON.stringify(label)}` : ""
    }` +
      "; it was left as it is.",
  );
}

function keyAnswer({ schoolId: _, publicKey, allowedAddresses, ...key }: StoredKey) {
  const places = allowedAddresses.length > 0 ? { allowedAddresses } : {};
  return { ...key, publicKey: `${key.type} ${publicKey}`, ...places };
}
