/** What happened: what administrators did, and what the bridges tell, as one list; and whether it is whole. */
import { type Context, Hono } from "hono";
import * as v from "valibot";
import type { SchoolId } from "../../shared/protocol.ts";
import { instant, type WorkerContext } from "../context.ts";
import { type AuditEntry, listAudit } from "../database/control/audit.ts";
import { schoolSlugs } from "../database/control/overview.ts";
import { schoolBySlug } from "../database/control/schools.ts";
import { type ListedEvent, listEvents } from "../database/school/ledger.ts";
import { verifyLedger } from "../events/verifying.ts";
import { accept } from "../http/body.ts";
import { describes, pageOf } from "../http/describe.ts";
import { principalOf, schoolIds } from "../http/principal.ts";
import { InstantText } from "./instant.ts";
import { needs } from "./needs.ts";
import { PAGE, readPage, writePage } from "./page.ts";
import { AuditEntry as AuditShape, Verified } from "./shapes/access.ts";

/** Which entries. */
const Which = v.object({
  school: v.optional(v.pipe(v.string(), v.description("A school's slug"))),
  action: v.optional(v.pipe(v.string(), v.description("Such as `key.revoked` or `file.removed`"))),
  who: v.optional(
    v.pipe(v.string(), v.description("An administrator's name, a key's fingerprint or an address")),
  ),
  since: v.optional(InstantText),
  until: v.optional(InstantText),
});

/** Where each of the two lists stands: what was shown last of it. */
const Position = v.tuple([
  v.tuple([v.number()]),
  v.tuple([v.string(), v.string(), v.number()]),
]);
type Position = v.InferOutput<typeof Position>;
const start: Position = [[Number.MAX_SAFE_INTEGER], ["~", "", 0]];

interface Entry {
  id: string;
  at: string;
  source: "worker" | "bridge";
  actor: string;
  action: string;
  school: string | null;
  upload?: string;
  detail: unknown;
}

export function auditRoutes(context: WorkerContext): Hono {
  const { database } = context;
  const routes = new Hono();

  routes.get(
    "/audit",
    needs("viewer", "own"),
    describes({
      summary: "Lists what happened, newest first",
      description: "With `Accept: application/x-ndjson` all of it is streamed, a line an entry.",
      query: { ...PAGE, ...Which.entries },
      answers: { 200: pageOf(AuditShape) },
    }),
    async (c) => {
      const page = readPage(c, Position);
      const list = await lister(context, c);
      if (c.req.header("accept")?.includes("application/x-ndjson")) {
        return c.body(lines(list, page.after), 200, { "content-type": "application/x-ndjson" });
      }
      const found = await list(page.limit + 1, page.after ?? start);
      return c.json(
        writePage(found, page, ({ position }) => position, ({ entry }) => entry),
      );
    },
  );

  routes.get(
    "/audit/verify",
    needs("admin", "all"),
    describes({
      summary: "Checks that nothing of it is missing, changed or added",
      answers: { 200: Verified },
    }),
    async (c) => {
      const { newest, ...verified } = await verifyLedger(database);
      return c.json({
        ...verified,
        isWhole: verified.faults.length === 0,
        verifiedUpTo: newest ? { seal: newest.number, hash: newest.hash, at: newest.at } : null,
      });
    },
  );

  return routes;
}

interface Found {
  entry: Entry;
  /** Where both lists stand behind it. */
  position: Position;
}
type Lister = (limit: number, after: Position) => Promise<Found[]>;

/** Both lists as one, newest first, for who asks. */
async function lister({ database }: WorkerContext, c: Context): Promise<Lister> {
  const { school, action, who, since, until } = accept(Which, c.req.query(), "query");
  const only = schoolIds(principalOf(c));
  const named = school === undefined ? undefined : await schoolBySlug(database, school);
  const isHidden = named !== undefined && only !== undefined && !only.includes(named.id);
  // Of a school that is gone, the events are too.
  const schools = school === undefined ? only : named && !isHidden ? [named.id] : [];
  const time = {
    since: since && instant(Date.parse(since)),
    until: until && instant(Date.parse(until)),
  };
  return async (limit, [afterEntry, afterEvent]) => {
    const [entries, events] = await Promise.all([
      listAudit(database, { limit: limit - 1, after: afterEntry }, {
        ...{ school, action, actor: who, only },
        ...time,
      }),
      listEvents(database, { limit: limit - 1, after: afterEvent }, {
        ...{ schools, kind: action, who },
        ...time,
      }),
    ]);
    const slugs = await schoolSlugs(database, events.map(({ schoolId }) => schoolId));
    return merge(entries, events, slugs, [afterEntry, afterEvent]).slice(0, limit);
  };
}

function merge(
  entries: AuditEntry[],
  events: ListedEvent[],
  slugs: ReadonlyMap<SchoolId, string>,
  position: Position,
): Found[] {
  const merged: Found[] = [];
  let [audit, told] = position;
  for (let i = 0, j = 0; i < entries.length || j < events.length;) {
    const [entry, event] = [entries[i], events[j]];
    if (entry && (!event || entry.at >= event.at)) {
      audit = [entry.id];
      merged.push({ entry: entryAnswer(entry), position: [audit, told] });
      i++;
    } else {
      told = [event!.at, event!.bridgeId, event!.number];
      merged.push({ entry: eventAnswer(event!, slugs), position: [audit, told] });
      j++;
    }
  }
  return merged;
}

function entryAnswer({ id, ...entry }: AuditEntry): Entry {
  return { id: String(id), source: "worker", ...entry };
}

/** An event as an entry: who did what, from where. */
export function eventAnswer(
  { bridgeId, number, at, schoolId, kind, uploadId, event }: ListedEvent,
  slugs: ReadonlyMap<SchoolId, string>,
): Entry {
  const { id: _, at: __, schoolId: ___, uploadId: ____, type: _____, sender, ...detail } = event;
  const { fingerprint, address, client } = (sender ?? {}) as Record<string, string | undefined>;
  const school = slugs.get(schoolId) ?? null;
  const from = [address, client].filter(Boolean).join(", ");
  return {
    id: `${bridgeId}:${number}`,
    at,
    source: "bridge",
    actor: fingerprint ? `${school ?? "a school"} with ${fingerprint} (${from})` : "the service",
    action: kind,
    school,
    ...(uploadId === null ? {} : { upload: uploadId }),
    detail,
  };
}

/** A page of so many at a time: the list is never whole in memory. */
const STREAMED = 500;

function lines(list: Lister, after: Position | undefined): ReadableStream<Uint8Array> {
  let position = after ?? start;
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const found = await list(STREAMED, position);
      if (found.length > 0) {
        position = found.at(-1)!.position;
        const text = found.map(({ entry }) => `${JSON.stringify(entry)}\n`).join("");
        controller.enqueue(encoder.encode(text));
      }
      if (found.length < STREAMED) controller.close();
    },
  });
}
