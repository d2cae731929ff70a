import * as v from "valibot";
import { studentStatuses } from "../../database/school/students.ts";
import { verificationStates } from "../../database/school/verifications.ts";
import { Count, NullableText, NullableTime, Text, Time } from "./words.ts";

export const Student = v.pipe(
  v.object({
    username: Text,
    studentId: NullableText,
    lastName: NullableText,
    firstName: NullableText,
    telephone: v.pipe(NullableText, v.description("E.164")),
    dob: v.pipe(NullableText, v.description("YYYY-MM-DD")),
    requirementGroup: NullableText,
    term: NullableText,
    onCampus: v.nullable(v.boolean()),
    verifiedAt: NullableTime,
    verifiedBy: v.pipe(NullableText, v.description("The reviewer")),
    exportId: v.pipe(NullableText, v.description("The export it is in; null: none yet")),
    status: v.picklist(studentStatuses),
  }),
  v.metadata({ ref: "Student" }),
);

export const Verified = v.pipe(
  v.object({
    verified: v.array(Text),
    alreadyVerified: v.array(Text),
    unknown: v.pipe(v.array(Text), v.description("The school has no such student")),
  }),
  v.metadata({ ref: "Verified" }),
);

export const Verification = v.pipe(
  v.object({
    username: Text,
    state: v.picklist(verificationStates),
    verifiedAt: Time,
    reviewer: Text,
    recordedAt: Time,
    withdrawnAt: NullableTime,
    withdrawnBy: NullableText,
    exportId: v.pipe(NullableText, v.description("The export it is in, also if withdrawn since")),
  }),
  v.metadata({ ref: "Verification" }),
);

export const Withdrawn = v.object({
  username: Text,
  withdrawnAt: Time,
  export: v.pipe(
    v.nullable(v.object({ id: Text, name: Text, downloadedAt: NullableTime })),
    v.description("The file that has the student all the same; null: none has"),
  ),
});

export const Schedule = v.pipe(
  v.object({
    cron: Text,
    timezone: Text,
    description: v.pipe(Text, v.description("The expression in English")),
    nextRuns: v.array(v.object({ utc: Time, local: Text })),
    note: v.optional(v.pipe(Text, v.description("Why it goes by another time zone now"))),
  }),
  v.metadata({ ref: "Schedule" }),
);

export const Export = v.pipe(
  v.object({
    id: Text,
    school: v.optional(
      v.pipe(Text, v.description("The school's slug; left out where the address says it")),
    ),
    name: v.pipe(Text, v.description("The file's name in /outbound")),
    state: v.picklist(["making", "pending", "delivered", "downloaded"]),
    students: v.pipe(Count, v.description("Its rows; so far, while it is being made")),
    dueAt: Time,
    deliveredAt: NullableTime,
    downloadedAt: NullableTime,
    receipt: v.nullable(v.object({ fingerprint: Text, address: Text })),
    again: v.optional(
      v.pipe(
        v.object({ askedAt: Time, deliveredAt: NullableTime, downloadedAt: NullableTime }),
        v.description("How the last further delivery stands, of an export that is asked for"),
      ),
    ),
  }),
  v.metadata({ ref: "Export" }),
);
