/** The story of one upload: from the first packet of its file to the receipt of its report. */
import { Hono } from "hono";
import * as v from "valibot";
import { stageName } from "../../shared/file-names.ts";
import { instant, type WorkerContext } from "../context.ts";
import { auditOfUpload } from "../database/control/audit.ts";
import { schoolSlugs } from "../database/control/overview.ts";
import { eventsOfUpload } from "../database/school/ledger.ts";
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
    const told: Step[] = events
      .filter(({ event, at }) => isOfThis(upload, event, at))
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

/** Under its plain name others may have come before, and come after it. */
function isOfThis(upload: Upload, event: Record<string, unknown>, at: string): boolean {
  if (event["path"] !== `/inbound/${upload.name}`) return true;
  // That it was taken says that its plain name is free again.
  if (event["state"] === "removed" && at >= upload.acceptedAt) return false;
  return event["uploadId"] === upload.id || at <= upload.acceptedAt;
}
