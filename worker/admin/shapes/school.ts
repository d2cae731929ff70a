import * as v from "valibot";
import { SchoolSettings } from "../../roster/settings.ts";
import { Text, Time } from "./words.ts";

/** With their defaults: what has one is always there. */
const Settings = v.pipe(
  v.object(
    Object.fromEntries(
      Object.entries(SchoolSettings.entries).map(([name, entry]) => [
        name,
        "default" in entry && entry.default !== undefined ? entry.wrapped : entry,
      ]),
    ) as v.ObjectEntries,
  ),
  v.metadata({ ref: "SchoolSettings" }),
);

export const School = v.pipe(
  v.object({
    slug: v.pipe(Text, v.description("Its SFTP user name, for ever")),
    name: Text,
    settings: Settings,
    createdAt: Time,
    bridge: v.pipe(Text, v.description("The bridge its people come to")),
    suspendedAt: v.optional(Time),
    note: v.optional(
      v.pipe(Text, v.description("Why its days are those of another time zone now")),
    ),
    purgeStartedAt: v.optional(
      v.pipe(Time, v.description("It is being deleted, and its bridge has not said it is done")),
    ),
  }),
  v.metadata({ ref: "School" }),
);

const PurgeWait = v.object({
  bridge: Text,
  why: v.pipe(v.nullable(Text), v.description("Why it could not, if it has said so")),
  seenAt: v.pipe(v.nullable(Time), v.description("When it was last heard of")),
});

export const Purging = v.object({
  slug: Text,
  state: v.literal("purging"),
  purgeStartedAt: Time,
  waitsFor: v.pipe(
    v.array(PurgeWait),
    v.description(
      "Bridges that have not said that the school's files are gone. All else of it is gone already",
    ),
  ),
});
export const PurgeGivenUp = v.object({
  slug: Text,
  state: v.literal("deleted"),
  givenUp: v.pipe(v.array(Text), v.description("The bridges whose disks may still have files")),
});
export const Suspended = v.object({ slug: Text, suspendedAt: Time });

export const Placement = v.pipe(
  v.object({ requirementGroup: Text, term: Text }),
  v.metadata({ ref: "Placement" }),
);

export const File = v.pipe(
  v.object({
    path: Text,
    state: v.pipe(Text, v.description("`partial`, `complete` or `processing`")),
    size: v.pipe(v.number(), v.description("Bytes")),
    at: v.pipe(Time, v.description("When it was so")),
    sender: v.pipe(
      v.nullable(v.object({ fingerprint: Text, address: Text, client: Text })),
      v.description("Who wrote it; null when the service did"),
    ),
    downloadedAt: v.pipe(v.nullable(Time), v.description("When it was last read to its end")),
    note: v.optional(v.pipe(Text, v.description("Why it is not going to be processed"))),
  }),
  v.metadata({ ref: "File" }),
);

export const Removing = v.object({ path: Text, state: v.literal("removing") });

export const RemovedFile = v.pipe(
  v.object({
    path: Text,
    size: v.pipe(v.number(), v.description("Bytes")),
    at: Time,
    sender: v.pipe(
      v.nullable(v.object({ fingerprint: Text, address: Text, client: Text })),
      v.description("Whose session removed it; null: the service"),
    ),
    askedBy: v.pipe(v.nullable(Text), v.description("The administrator who wanted it removed")),
  }),
  v.metadata({ ref: "RemovedFile" }),
);
