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
import { HttpProblem } from "../http/problem.ts";
import { isDone, rejectedStream, reportStream } from "../intake/results.ts";

/** How often a watched upload is looked at, and the longest a watch lasts, in milliseconds. */
const LOOK_MS = 500;
const WATCH_MS = 10 * 60_000;

export function uploadFileRoutes({ database, now }: WorkerContext): Hono {
  const routes = new Hono();

  async function upload(id: string) {
    const found = await uploadById(database, id);
    if (!found) throw new HttpProblem(404, "upload_unknown", `There is no upload ${id}.`);
    return found;
  }

  /** Bytes done of all, and the counts so far. */
  async function progressOf(id: string) {
    const position = await uploadPosition(database, id);
    const found = await uploadById(database, id);
    if (!position || !found) return undefined;
    const { state, size, rows } = found;
    return { state, bytes: position.offset, size, rows };
  }

  routes.get("/uploads/:id/report", async (c) => {
    const id = c.req.param("id");
    const { name, timeCode, state } = await upload(id);
    const report = await reportStream(database, id);
    if (!report) {
      throw new HttpProblem(
        409,
        "upload_unfinished",
        `${name} is ${state}; its report is not ready yet.`,
      );
    }
    return c.body(report, 200, download(stageName(name, timeCode, "completed")));
  });

  routes.get("/uploads/:id/rejected.csv", async (c) => {
    const id = c.req.param("id");
    const { name, timeCode, rows } = await upload(id);
    if (rows.rejected === 0) {
      throw new HttpProblem(404, "nothing_rejected", `No row of ${name} was rejected so far.`);
    }
    return c.body(
      rejectedStream(database, id),
      200,
      download(stageName(name, timeCode, "rejected")),
    );
  });

  // Server-sent events (HTML standard, section 9.2): `progress` whenever something changed, the last
  // one when the upload is done. A watcher that is cut off connects again and goes on.
  routes.get("/uploads/:id/progress", async (c) => {
    const id = c.req.param("id");
    await upload(id);
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
  });

  return routes;
}

function download(name: string): Record<string, string> {
  return {
    "content-type": "text/csv; charset=utf-8",
    "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
  };
}
