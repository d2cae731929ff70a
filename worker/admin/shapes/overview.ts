import * as v from "valibot";
import { Count, Text, Time } from "./words.ts";

const school = v.pipe(Text, v.description("Its slug"));

export const Overview = v.pipe(
  v.object({
    standing: v.pipe(
      v.array(v.object({ school, id: Text, name: Text, state: Text, acceptedAt: Time })),
      v.description("Uploads that are held or parked, the oldest first"),
    ),
    silent: v.array(v.object({ school, since: Time })),
    expiringKeys: v.pipe(
      v.array(v.object({ school, fingerprint: Text, label: Text, expiresAt: Time })),
      v.description("Keys that end within 30 days"),
    ),
    notDownloaded: v.pipe(
      v.array(v.object({ school, id: Text, name: Text, deliveredAt: Time })),
      v.description("Exports that lie in /outbound for seven days and more"),
    ),
    bridges: v.array(v.object({ name: Text, seenAt: Time })),
    days: v.pipe(
      v.array(v.object({ day: Text, applied: Count, withRejections: Count, refused: Count })),
      v.description("Uploads of each of the last 30 days, UTC"),
    ),
    schools: Count,
    students: Count,
    countedAt: v.pipe(
      Time,
      v.description("When students and days were counted: where that is much, once in 15 minutes"),
    ),
  }),
  v.metadata({ ref: "Overview" }),
);
