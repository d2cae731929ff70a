import * as v from "valibot";
import { uploadStates } from "../../../shared/protocol.ts";
import { outcomes } from "../../database/school/checked-students.ts";
import { revertEntries } from "./revert.ts";
import { Count, NullableTime, Sender, Text, Time } from "./words.ts";

export const RowCounts = v.pipe(
  v.object({
    read: Count,
    added: Count,
    updated: Count,
    unchanged: Count,
    rejected: Count,
    warnings: Count,
    unprocessed: v.pipe(Count, v.description("Rows beyond the school's row limit")),
    unlisted: v.optional(v.pipe(Count, v.description("Problems that are counted and not listed"))),
    left: v.optional(v.pipe(Count, v.description("Students who became inactive"))),
    returned: v.optional(v.pipe(Count, v.description("Students who became active again"))),
  }),
  v.metadata({ ref: "RowCounts" }),
);

const state = v.pipe(
  v.picklist(uploadStates),
  v.metadata({ ref: "UploadState" }),
);

export const uploadEntries = {
  id: Text,
  school: v.optional(
    v.pipe(Text, v.description("The school's slug; left out where the address says it")),
  ),
  name: v.pipe(Text, v.description("As the school named it")),
  timeCode: Text,
  state,
  heldBecause: v.optional(v.pipe(Text, v.description("Why it is held or parked"))),
  checkOnly: v.optional(
    v.pipe(v.boolean(), v.description("It was checked only: its counts are what it would do")),
  ),
  size: v.pipe(v.number(), v.description("Bytes; of a packed file those it expands to")),
  packed: v.optional(v.object({
    as: v.pipe(Text, v.description("gzip or zip")),
    size: v.pipe(Count, v.description("Bytes as it was sent")),
  })),
  sha256: Text,
  rows: RowCounts,
  sender: Sender,
  acceptedAt: Time,
  completedAt: NullableTime,
  revert: v.optional(v.pipe(
    v.object(revertEntries),
    v.description(
      "How putting it back stands, where that was begun; until it is done the state stays",
    ),
  )),
};

export const Upload = v.pipe(v.object(uploadEntries), v.metadata({ ref: "Upload" }));

export const Progress = v.pipe(
  v.object({
    state,
    bytes: v.pipe(Count, v.description("So many of them are done")),
    size: Count,
    rows: RowCounts,
  }),
  v.metadata({ ref: "Progress" }),
);

export const RowProblem = v.pipe(
  v.object({
    line: v.pipe(Count, v.description("The header is line 1; 0 is the summary's")),
    username: Text,
    column: v.pipe(Text, v.description("Empty when the record or the file is meant")),
    severity: v.picklist(["error", "warning", "info"]),
    code: v.pipe(Text, v.description("docs/problems.md lists them")),
    message: Text,
  }),
  v.metadata({ ref: "RowProblem" }),
);

export const ProblemGroup = v.pipe(
  v.object({
    code: v.pipe(Text, v.description("docs/problems.md lists them")),
    severity: v.picklist(["error", "warning"]),
    count: Count,
    first: v.pipe(RowProblem, v.description("The first in the order of the file")),
  }),
  v.metadata({ ref: "ProblemGroup" }),
);

const number = (description: string) => v.pipe(v.number(), v.description(description));

const Findings = v.object({
  added: Count,
  changed: v.pipe(Count, v.description("Active students of whom something would be another")),
  left: v.pipe(Count, v.description("Active students who would become inactive")),
  returned: v.pipe(Count, v.description("Inactive students who would become active")),
  active: v.pipe(Count, v.description("The school's active students before it")),
  rowsBefore: v.pipe(v.nullable(v.number()), v.description("Of the last file applied")),
});

export const Preview = v.pipe(
  v.object({
    heldBecause: v.nullable(Text),
    rows: RowCounts,
    counts: Findings,
    limits: v.pipe(
      v.array(v.object({
        limit: Text,
        allowed: v.nullable(number("Percent")),
        found: v.nullable(number("Percent")),
      })),
      v.description("Those that it crosses"),
    ),
    items: v.array(v.object({
      username: Text,
      outcome: v.picklist(outcomes),
      changes: v.array(v.object({ column: Text, from: v.unknown(), to: v.unknown() })),
    })),
    next: v.optional(Text),
  }),
  v.metadata({ ref: "Preview" }),
);
