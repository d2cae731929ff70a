import * as v from "valibot";
import { Count, NullableText, NullableTime, Text, Time } from "./words.ts";

const Remains = v.object({
  username: Text,
  why: v.picklist(["changed_since", "student_id_taken", "verified", "exported"]),
  message: Text,
});

/** How a revert stands. */
export const revertEntries = {
  state: v.picklist(["reverting", "reverted"]),
  begunAt: Time,
  finishedAt: NullableTime,
  restored: v.pipe(Count, v.description("Students who are as before")),
  removed: v.pipe(Count, v.description("Students whom it added and who are gone")),
  madeInactive: v.pipe(Count, v.description("Students whom it added and who were verified")),
};

export const Revert = v.pipe(
  v.object({
    uploadId: Text,
    ...revertEntries,
    actor: Text,
    reason: NullableText,
    again: v.pipe(
      v.boolean(),
      v.description("Asked for again it would put back more: what stood in its way is gone"),
    ),
    items: v.pipe(v.array(Remains), v.description("What could not be put back")),
    next: v.optional(v.pipe(Text, v.description("The cursor of the next page"))),
  }),
  v.metadata({ ref: "Revert" }),
);

export const HistoryEntry = v.pipe(
  v.object({
    at: Time,
    kind: v.picklist(["added", "changed", "reverted", "verified", "withdrawn"]),
    upload: v.pipe(
      v.nullable(v.object({ id: Text, name: Text })),
      v.description("The upload that did it, or that was reverted"),
    ),
    by: v.pipe(NullableText, v.description("The person who did it")),
    changes: v.array(
      v.object({
        column: Text,
        from: v.nullable(v.union([Text, Count])),
        to: v.nullable(v.union([Text, Count])),
      }),
    ),
  }),
  v.metadata({ ref: "HistoryEntry" }),
);
