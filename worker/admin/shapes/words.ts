/** Words that the shapes of several answers are made of. */
import * as v from "valibot";

/** ISO 8601 UTC, to the millisecond. */
export const Time = v.pipe(v.string(), v.isoTimestamp());
export const NullableTime = v.nullable(Time);
export const Text = v.string();
export const NullableText = v.nullable(v.string());
export const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Who sent or fetched a file. */
export const Sender = v.pipe(
  v.object({
    fingerprint: v.pipe(Text, v.description("The key's")),
    address: Text,
    client: v.pipe(Text, v.description("What the program calls itself")),
  }),
  v.metadata({ ref: "Sender" }),
);
