/**
 * What an administrator downloads or watches of an upload: its report, its rejected records, its
 * progress.
 */
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { stageName } from "../../shared/file-names.ts";
import type { WorkerContext } from "../context.ts";
import { uploadPosition } from "../database/school/arrivals.ts";
import { uploadById } from "../database/school/uploads.ts";
import { describes } from "../http/describe.ts";
import { needs } from "./needs.ts";
import { HttpProblem } from "../http/problem.ts";
import { findUpload } from "./find-upload.ts";
import { isDone, rejectedStream, reportStream } from "../intake/results.ts";

/** How often a watched upload is looked at, and the longest a watch lasts, in milliseconds. */
const LOOK_MS = 500;
const WATCH_MS = 10 * 60_000;

export function uploadFileRoutes({ database, now }: WorkerContext): Hono {
  const routes = new Hono();

  /** Bytes done of all, and the counts so far. */
  async function progressOf(id: string) {
    const position = await uploadPosition(database, id);
    const found = await uploadById(database, id);
    if (!position || !found) return undefined;
    const { state, size, rows } = found;
    return { state, bytes: position.offset, size, rows };
  }

  routes.get(
    "/uploads/:id/report",
    needs("viewer", "upload"),
    describes({
      summary: "Downloads an upload's report, as the school has it",
      answers: { 200: { type: "text/csv", what: "The report" } },
      refuses: { 404: ["upload_unknown"], 409: ["upload_unfinished"] },
    }),
    async (c) => {
      const id = c.req.param("id");
      const { name, timeCode, state } = await findUpload(database, id);
      const report = await reportStream(database, id);
      if (!report) {
        throw new HttpProblem(
          409,
          "upload_unfinished",
          `${name} is ${state}; its report is not ready yet.`,
        );
      }
      return c.body(report, 200, download(stageName(name, timeCode, "completed")));
    },
  );

  routes.get(
    "/uploads/:id/rejected.csv",
    needs("viewer", "upload"),
    describes({
      summary: "Downloads the rows that were rejected, to be mended and sent again",
      answers: { 200: { type: "text/csv", what: "The rows, with the roster's own header" } },
      refuses: { 404: ["upload_unknown", "nothing_rejected"] },
    }),
    async (c) => {
      const id = c.req.param("id");
      const { name, timeCode, rows } = await findUpload(database, id);
      if (rows.rejected === 0) {
        throw new HttpProblem(404, "nothing_rejected", `No row of ${name} was rejected so far.`);
      }
      return c.body(
        rejectedStream(database, id),
        200,
        download(stageName(name, timeCode, "rejected")),
      );
    },
  );

  // Server-sent events (HTML standard, section 9.2): `progress` whenever something changed, the last
  // one when the upload is done. A watcher that is cut off connects again and goes on.
  routes.get(
    "/uploads/:id/progress",
    needs("viewer", "upload"),
    describes({
      summary: "Watches an upload",
      description:
        "Server-sent events named `progress`, each a Progress as JSON, whenever something changed; the last one when it is done.",
      answers: { 200: { type: "text/event-stream", what: "The events" } },
      refuses: { 404: ["upload_unknown"] },
    }),
    async (c) => {
      const id = c.req.param("id");
      await findUpload(database, id);
      return streamSSE(c, async (stream) => {
        const until = now() + WATCH_MS;
        let last = "";
        while (!stream.aborted && now() < until) {
          const progress = await progressOf(id);
          if (!progress) return;
          const data = JSON.stringify(progress);
          if (data !== last) await stream.writeSSE({ event: "progress", data });
          last = data;
          if (isDone(progress.state)) return;
          await stream.sleep(LOOK_MS);
        }
      });
    },
  );

  return routes;
}

function download(name: string): Record<string, string> {
  return {
    "content-type": "text/csv; charset=utf-8",
    "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
  };
}
