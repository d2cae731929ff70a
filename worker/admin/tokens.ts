/** Administrators' tokens: make one, list them, revoke one; and who asks (SPEC section 11). */
import { Hono } from "hono";
import * as v from "valibot";
import { oneLine, strictObject } from "../given.ts";
import { instant, type WorkerContext } from "../context.ts";
import {
  addToken,
  listTokens,
  revokeToken,
  roles,
  type StoredToken,
  tokenById,
} from "../database/control/tokens.ts";
import { TOKEN_PREFIX } from "../http/admin-door.ts";
import { readJson } from "../http/body.ts";
import { hexDigest } from "../http/digest.ts";
import { describes, pageOf } from "../http/describe.ts";
import { needs } from "./needs.ts";
import { principalOf } from "../http/principal.ts";
import { HttpProblem } from "../http/problem.ts";
import { author } from "./author.ts";
import { findSchool } from "./find-school.ts";
import { InstantText } from "./instant.ts";
import { PAGE, readPage, writePage } from "./page.ts";
import { MadeToken, Me, Token } from "./shapes/access.ts";

const NewToken = strictObject({
  /** What the audit calls its holder. */
  name: v.pipe(oneLine(), v.nonEmpty(), v.maxLength(100)),
  role: v.picklist(roles, `a role is one of ${roles.join(", ")}`),
  /** Slugs; left out or `null`: all schools. */
  schools: v.optional(
    v.nullable(
      v.pipe(
        v.array(v.string()),
        v.minLength(1, "leave it out, or write null, for all schools"),
        v.maxLength(1_000),
      ),
    ),
    null,
  ),
  expiresAt: v.optional(v.nullable(InstantText), null),
});

export function tokenRoutes({ database, now, randomId }: WorkerContext): Hono {
  const routes = new Hono();

  routes.get(
    "/me",
    needs("viewer", "own"),
    describes({ summary: "Says who asks", answers: { 200: Me } }),
    (c) => {
      const { schools, ...principal } = principalOf(c);
      return c.json({ ...principal, schools: schools && schools.map(({ slug }) => slug) });
    },
  );

  routes.post(
    "/tokens",
    needs("admin", "all"),
    describes({
      summary: "Makes a token, which is shown this once",
      body: NewToken,
      answers: { 201: MadeToken },
      refuses: { 400: ["expires_invalid"], 404: ["school_unknown"], 409: ["token_name_taken"] },
    }),
    async (c) => {
      const { name, role, schools: slugs, expiresAt } = await readJson(c, NewToken);
      const by = author(c, now());
      const expires = acceptExpiry(expiresAt, by.at);
      const schools = slugs && await findSchools(slugs);
      const token = newToken();
      const id = `tok_${randomId()}`;
      const stored = { id, name, role, schools, hash: await hexDigest(token), expiresAt: expires };
      if (!await addToken(database, stored, by)) throw nameTaken(name);
      // The only time that anybody sees it.
      const answer = { ...tokenAnswer((await tokenById(database, id))!), token };
      return c.json(answer, 201, { location: `/admin/tokens/${id}` });
    },
  );

  routes.get(
    "/tokens",
    needs("admin", "all"),
    describes({
      summary: "Lists the tokens, revoked ones too",
      query: PAGE,
      answers: { 200: pageOf(Token) },
    }),
    async (c) => {
      const page = readPage(c, v.tuple([v.string(), v.string()]));
      const tokens = await listTokens(database, page);
      return c.json(writePage(tokens, page, ({ createdAt, id }) => [createdAt, id], tokenAnswer));
    },
  );

  routes.delete(
    "/tokens/:id",
    needs("admin", "all"),
    describes({
      summary: "Revokes a token at once",
      answers: { 204: null },
      refuses: { 404: ["token_unknown"] },
    }),
    async (c) => {
      const token = await tokenById(database, c.req.param("id"));
      if (!token) throw tokenUnknown(c.req.param("id"));
      await revokeToken(database, token, author(c, now()));
      return c.body(null, 204);
    },
  );

  async function findSchools(slugs: string[]) {
    const schools = [];
    for (const slug of new Set(slugs)) {
      const { id } = await findSchool(database, slug);
      schools.push({ id, slug });
    }
    return schools;
  }

  return routes;
}

/** 256 random bits: nobody guesses it, so its SHA-256 is enough to keep. */
function newToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  const text = btoa(String.fromCharCode(...bytes));
  return TOKEN_PREFIX + text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function acceptExpiry(expiresAt: string | null, now: string): string | null {
  if (expiresAt === null) return null;
  const expires = instant(Date.parse(expiresAt));
  if (expires > now) return expires;
  throw new HttpProblem(
    400,
    "expires_invalid",
    `expiresAt is ${expiresAt}; it takes an instant after now (${now}), or null for none. No token ` +
      "was made.",
  );
}

function nameTaken(name: string): HttpProblem {
  return new HttpProblem(
    409,
    "token_name_taken",
    `There is a token ${JSON.stringify(name)} already, and the audit tells tokens apart by their ` +
      "names. Choose another name, or revoke that one first. No token was made.",
  );
}

function tokenUnknown(id: string): HttpProblem {
  return new HttpProblem(
    404,
    "token_unknown",
    `There is no token ${id}. GET /admin/tokens lists them.`,
  );
}

function tokenAnswer({ schools, ...token }: StoredToken) {
  return { ...token, schools: schools && schools.map(({ slug }) => slug) };
}
