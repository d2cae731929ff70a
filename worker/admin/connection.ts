/** Where a school comes in: what it is told when it begins. */
import { Hono } from "hono";
import * as v from "valibot";
import type { WorkerContext } from "../context.ts";
import { doorOf } from "../database/control/bridges.ts";
import { describes } from "../http/describe.ts";
import { findSchool } from "./find-school.ts";
import { needs } from "./needs.ts";

const Connection = v.pipe(
  v.object({
    host: v.nullable(v.pipe(v.string(), v.description("null: its bridge has not said"))),
    port: v.nullable(v.number()),
    hostKeys: v.pipe(
      v.array(v.string()),
      v.description("Fingerprints, as ssh-keygen -l prints them"),
    ),
  }),
  v.metadata({ ref: "Connection" }),
);

export function connectionRoutes({ database }: WorkerContext): Hono {
  const described = describes({
    summary: "Says where a school comes in",
    answers: { 200: Connection },
  });
  return new Hono().get("/schools/:slug/connection", needs("viewer"), described, async (c) => {
    const school = await findSchool(database, c.req.param("slug"));
    const door = await doorOf(database, school.bridge);
    const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(door?.address ?? "") ?? [];
    return c.json({
      host: host ?? null,
      port: port === undefined ? null : Number(port),
      hostKeys: door?.hostKeys ?? [],
    });
  });
}
