/**
 * The bridge's calls about uploads: announce one, send its slices, fetch what came of it.
 */
import { Hono } from "hono";
import * as v from "valibot";
import { UploadAnnouncement, type UploadPosition } from "../../shared/protocol.ts";
import type { WorkerContext } from "../context.ts";
import { announceUpload, uploadPosition } from "../database/school/arrivals.ts";
import { StaleSlice } from "../database/school/slice-writes.ts";
import { readJson } from "../http/body.ts";
import { HttpProblem } from "../http/problem.ts";
import { applySlice, WrongOffset } from "../intake/apply.ts";
import { rejectedStream, reportStream } from "../intake/results.ts";

const csv = { "content-type": "text/csv; charset=utf-8" };
const Offset = v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number));

export function uploadRoutes(context: WorkerContext): Hono {
  const { database, sliceRows } = context;
  const routes = new Hono();

  async function position(id: string): Promise<UploadPosition> {
    const found = await uploadPosition(database, id);
    if (!found) {
      throw new HttpProblem(
        404,
        "upload_unknown",
        `No upload ${id} was announced. Announce it first.`,
      );
    }
    return found;
  }

  routes.post("/uploads", async (c) => {
    const announcement = await readJson(c, UploadAnnouncement);
    if (!await announceUpload(database, announcement)) {
      throw new HttpProblem(
        410,
        "school_gone",
        `There is no school ${announcement.schoolId}; the upload was not taken and stays with the bridge.`,
      );
    }
    return c.json(await position(announcement.id));
  });

  routes.put("/uploads/:id/slices/:offset", async (c) => {
    const id = c.req.param("id");
    const offset = v.safeParse(Offset, c.req.param("offset"));
    if (!offset.success) {
      throw new HttpProblem(400, "offset_invalid", "The offset in the path is a number of bytes.");
    }
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    try {
      const options = { database, sliceRows, now: context.now() };
      return c.json(await applySlice(id, offset.output, bytes, options));
    } catch (error) {
      if (!(error instanceof WrongOffset || error instanceof StaleSlice)) throw error;
      return c.json(await position(id), 409);
    }
  });

  routes.get("/uploads/:id/report", async (c) => {
    const id = c.req.param("id");
    const report = await reportStream(database, id);
    if (report) return c.body(report, 200, csv);
    const { state } = await position(id);
    throw new HttpProblem(
      409,
      "upload_unfinished",
      `Upload ${id} is ${state}; its report is not ready.`,
    );
  });

  routes.get("/uploads/:id/rejected", async (c) => {
    const id = c.req.param("id");
    await position(id);
    return c.body(rejectedStream(database, id), 200, csv);
  });

  return routes;
}
