// The words of mails: each sentence is true of what it tells of.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Details } from "../../../worker/events/details.ts";
import { say } from "../../../worker/events/mail/sentences.ts";
import type { Kind } from "../../../worker/database/school/occurrences.ts";

const none = { added: 0, updated: 0, unchanged: 0, rejected: 0, warnings: 0, unprocessed: 0 };
const said = (kind: Kind, details: Details) => {
  const { title, sentences } = say({ kind, at: "2026-11-22T10:15:30.123Z", details }, String);
  return `${title}. ${sentences.join(" ")}`;
};
const ofUpload = (
  kind: Kind,
  rows: Partial<typeof none> & { read: number },
  facts: Record<string, unknown> = {},
) =>
  said(kind, {
    upload: {
      ...{ id: "1", name: "roster.csv", timeCode: "", size: 1, rows: { ...none, ...rows } },
      ...facts,
    },
  });
const silent = (facts: Record<string, unknown> = {}) =>
  said("school.silent", { expected: "every day", expectedBy: "noon", ...facts });

test("of rows beyond the limit a mail says what the limit is, and not that they were applied", () => {
  const cut = ofUpload("upload.completed", {
    read: 2000,
    added: 1999,
    rejected: 1,
    unprocessed: 3,
  });
  assert.match(cut, /All other rows within the limit were applied\./);
  assert.match(
    cut,
    /3 rows were not looked at: the limit is 2,000 rows in one file\. Send the rest in/,
  );
  const whole = ofUpload("upload.completed", { read: 2, added: 1, rejected: 1 });
  assert.match(whole, /All other rows were applied\./);
  assert.doesNotMatch(whole, /limit/);
});

test("of a pause that lets only new students through a mail says so, whether rows were rejected or not", () => {
  const pause = { additionsUntil: "2026-11-25" };
  const fine = ofUpload("upload.completed", { read: 2, added: 1, unchanged: 1 }, pause);
  assert.match(fine, /only new students through, through 2026-11-25: .* change nothing/);
  assert.doesNotMatch(fine, /were applied/);
  const wrong = ofUpload("upload.completed", { read: 2, added: 1, rejected: 1 }, pause);
  assert.match(wrong, /All other rows of new students were applied\./);
});

test("the counts of a held file are of what would be done", () => {
  const held = ofUpload("upload.held", { read: 2, added: 2 }, { because: "a limit" });
  assert.match(held, /This is what would be done: 2 rows: 2 added/);
});

test("that no roster has come is said where none came", () => {
  const none = silent();
  assert.match(none, /^No roster has come\. /);
  assert.doesNotMatch(none, /report|has come and/);
});

test("of a file that waits it says so and why; of a report where there is one", () => {
  const because = "a pause of the school holds all files";
  const held = silent({ waiting: { name: "fall.csv", state: "held", because } });
  assert.match(held, /^No roster was applied\. /);
  assert.match(
    held,
    /fall\.csv has come and is held\. Why: a pause of the school holds all files\./,
  );
  assert.doesNotMatch(held, /report/);
  const parked = silent({ waiting: { name: "fall.csv", state: "parked", because: null } });
  assert.match(parked, /fall\.csv has come and cannot go on\. We/);
  const rejected = silent({ reported: true });
  assert.match(rejected, /^No roster was applied\. .* a report in \/inbound says why/);
  assert.match(silent({ underWay: true }), /^No roster was applied\. .*still being processed/);
});
