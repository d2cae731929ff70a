/**
 * The bridge's calls about uploads: announce one, send its slices, fetch what came of it.
 */
import { type Context, Hono } from "hono";
import * as v from "valibot";
import { SCHOOL_HEADER, UploadAnnouncement } from "../../shared/protocol.ts";
import { instant, type WorkerContext } from "../context.ts";
import {
  announceUpload,
  type StoredPosition,
  uploadPosition,
} from "../database/school/arrivals.ts";
import { isOfBridge } from "../database/control/bridges.ts";
import { servedSettings } from "../database/control/schools.ts";
import { StaleSlice } from "../database/school/slice-writes.ts";
import { readJson } from "../http/body.ts";
import { HttpProblem } from "../http/problem.ts";
import { type Lane, WrongOffset } from "../intake/lane.ts";
import { firstTerms, laneOf } from "../intake/lanes.ts";
import { positionAfter, positionOf } from "../intake/position.ts";
import { rejectedStream, reportStream } from "../intake/results.ts";
import { callingBridge } from "./caller.ts";

const csv = { "content-type": "text/csv; charset=utf-8" };
const Offset = v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number));

export function uploadRoutes(context: WorkerContext): Hono {
  const { database, sliceRows } = context;
  const routes = new Hono();

  /** @throws HttpProblem 404 when the bridge announced none of that id */
  async function find(id: string, bridge: string): Promise<StoredPosition> {
    const found = await uploadPosition(database, id);
    if (found && await isOfBridge(database, found.schoolId, bridge)) return found;
    throw new HttpProblem(
      404,
      "upload_unknown",
      `No upload ${id} was announced. Announce it first.`,
    );
  }

  routes.post("/uploads", async (c) => {
    const announcement = await readJson(c, UploadAnnouncement);
    const { name } = callingBridge(c);
    // Parked rather than refused, so that an administrator sees it and can have it tried again.
    const parked = announcement.parked ??
      (laneOf(announcement.lane) ? null : noLane(announcement.lane));
    const { schoolId } = announcement;
    const settings = await servedSettings(database, schoolId, name);
    const now = context.now();
    const announced = { ...announcement, parked };
    const found = settings &&
      await announceUpload(database, announced, instant(now), firstTerms(announced, settings, now));
    if (!found) throw noSchool(schoolId);
    return c.json(positionOf(found));
  });

  routes.put("/uploads/:id/slices/:offset", async (c) => {
    const id = c.req.param("id");
    const offset = v.safeParse(Offset, c.req.param("offset"));
    if (!offset.success) {
      throw new HttpProblem(400, "offset_invalid", "The offset in the path is a number of bytes.");
    }
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    const { name: bridge } = callingBridge(c);
    const { pass = "apply", lane = "roster" } = c.req.query();
    try {
      const school = schoolSaid(c);
      const slice = {
        id,
        bridge,
        ...(school === undefined ? {} : { school }),
        pass,
        offset: offset.output,
        bytes,
      };
      const taken = await laneWanted(lane).take(slice, { database, sliceRows, now: context.now() });
      return c.json(positionAfter(taken, bytes.length));
    } catch (error) {
      if (!(error instanceof WrongOffset || error instanceof StaleSlice)) throw error;
      return c.json(positionOf(await find(id, bridge)), 409);
    }
  });

  routes.get("/uploads/:id/report", async (c) => {
    const { id, state } = await find(c.req.param("id"), callingBridge(c).name);
    const report = await reportStream(database, id);
    if (report) return c.body(report, 200, csv);
    throw new HttpProblem(
      409,
      "upload_unfinished",
      `Upload ${id} is ${state}; its report is not ready.`,
    );
  });

  routes.get("/uploads/:id/rejected", async (c) => {
    const { id } = await find(c.req.param("id"), callingBridge(c).name);
    return c.body(rejectedStream(database, id), 200, csv);
  });

  return routes;
}

/** Not said by a bridge of an older version. */
function schoolSaid(c: Context): number | undefined {
  const said = Number(c.req.header(SCHOOL_HEADER));
  return Number.isInteger(said) && said > 0 ? said : undefined;
}

function laneWanted(name: string): Lane {
  const lane = laneOf(name);
  if (lane) return lane;
  throw new HttpProblem(422, "lane_unknown", noLane(name));
}

function noLane(name: string): string {
  return `This worker has no lane ${JSON.stringify(name)}.`;
}

function noSchool(id: number): HttpProblem {
  return new HttpProblem(
    410,
    "school_gone",
    `This bridge has no school ${id}; the upload was not taken and stays with the bridge.`,
  );
}
