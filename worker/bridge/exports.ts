/** The bridge's call about exports: fetch one's bytes, the same each time. */
import { Hono } from "hono";
import type { WorkerContext } from "../context.ts";
import { getExport } from "../database/school/exports.ts";
import { exportFile } from "../export/file.ts";
import { isOfBridge } from "../database/control/bridges.ts";
import { HttpProblem } from "../http/problem.ts";
import { callingBridge } from "./caller.ts";

export function exportFileRoutes({ database }: WorkerContext): Hono {
  const routes = new Hono();

  routes.get("/exports/:id/file", async (c) => {
    const id = c.req.param("id");
    const stored = await getExport(database, id);
    if (!stored || !await isOfBridge(database, stored.schoolId, callingBridge(c).name)) {
      throw new HttpProblem(404, "export_unknown", `There is no export ${id}.`);
    }
    return c.body(exportFile(database, stored), 200, { "content-type": "text/csv; charset=utf-8" });
  });

  return routes;
}
