/** The story of one upload: from the first packet of its file to the receipt of its report. */
import type { Client } from "@libsql/client";
import { Hono } from "hono";
import * as v from "valibot";
import { stageName } from "../../shared/file-names.ts";
import { isGone } from "../../shared/told-state.ts";
import { instant, type WorkerContext } from "../context.ts";
import { auditOfUpload } from "../database/control/audit.ts";
import { schoolSlugs } from "../database/control/overview.ts";
import { eventsOfUpload, type ListedEvent, loginBefore } from "../database/school/ledger.ts";
import { occurrencesOf } from "../database/school/occurrences.ts";
import type { Upload } from "../database/school/uploads.ts";
import { describes } from "../http/describe.ts";
import { eventAnswer } from "./audit.ts";
import { findUpload } from "./find-upload.ts";
import { needs } from "./needs.ts";
import { StoryStep } from "./shapes/access.ts";

/** A file is looked for so long before it was accepted: it may have been sent in pieces. */
const BEFORE_MS = 7 * 86_400_000;

interface Step {
  at: string;
  action: string;
  actor: string;
  detail: unknown;
}

export function storyRoutes({ database }: WorkerContext): Hono {
  const described = describes({
    summary: "Tells an upload's story, from the first packet to the receipt of its report",
    answers: { 200: v.object({ items: v.array(StoryStep) }) },
    refuses: { 404: ["upload_unknown"] },
  });
  return new Hono().get("/uploads/:id/story", needs("viewer", "upload"), described, async (c) => {
    const upload = await findUpload(database, c.req.param("id"));
    const { id, schoolId, acceptedAt } = upload;
    const from = instant(Date.parse(acceptedAt) - BEFORE_MS);
    const [events, decisions, occurrences, slugs] = await Promise.all([
      eventsOfUpload(database, { id, schoolId, ...pathsOf(upload), from, acceptedAt }),
      auditOfUpload(database, schoolId, id),
      occurrencesOf(database, schoolId, id),
      schoolSlugs(database, [schoolId]),
    ]);
    const own = eventsOfThis(upload, events);
    const login = own[0] && await loginOf(database, own[0]);
    const told: Step[] = [...(login ? [login] : []), ...own]
      .map((event) => eventAnswer(event, slugs));
    const steps: Step[] = [
      ...told,
      ...decisions,
      // What an administrator decided stands among the decisions, with who it was.
      ...occurrences.filter(({ kind }) => !decisions.some(({ action }) => action === kind)).map((
        { at, kind, facts },
      ) => ({
        at,
        action: kind,
        actor: "the service",
        detail: facts,
      })),
    ];
    steps.sort((a, b) => a.at < b.at ? -1 : a.at > b.at ? 1 : 0);
    return c.json({
      items: steps.map(({ at, action, actor, detail }) => ({ at, action, actor, detail })),
    });
  });
}

/** Where the file lay, lies, and what came of it. */
function pathsOf({ name, timeCode }: Upload): { name: string; paths: string[] } {
  const stages = ["processing", "completed", "rejected", "original"] as const;
  const path = (one: string) => `/inbound/${one}`;
  const paths = stages.map((stage) => path(stageName(name, timeCode, stage)));
  return { name: path(name), paths };
}

function hasLeft({ event }: ListedEvent): boolean {
  return isGone(String(event["state"]));
}

/** Under its plain name others may have come before, and come after it. */
function eventsOfThis({ id, name, acceptedAt }: Upload, events: ListedEvent[]): ListedEvent[] {
  const isPlain = ({ event }: ListedEvent) => event["path"] === `/inbound/${name}`;
  const own = events.filter((one) =>
    // That it was taken says that its plain name is free again.
    !isPlain(one) ||
    (!(hasLeft(one) && one.at >= acceptedAt) &&
      (one.uploadId === id || one.at <= acceptedAt))
  );
  const before = own.findLastIndex((one) => isPlain(one) && hasLeft(one));
  return own.filter((one, i) => i > before || !isPlain(one));
}

/** The login of the session that began the file. */
async function loginOf(
  database: Client,
  { schoolId, at, event }: ListedEvent,
): Promise<ListedEvent | undefined> {
  const { fingerprint, address } = (event["sender"] ?? {}) as Record<string, string | undefined>;
  if (!fingerprint || !address) return undefined;
  return await loginBefore(database, { schoolId, at, fingerprint, address });
}
