/**
 * What a mail says of each occurrence, in words that a registrar understands: counts, codes, line
 * numbers and names of files; never a value of a row.
 */
import type { CodeCount } from "../../database/school/uploads.ts";
import type { UnappliedFiles } from "../../database/school/signs-of-life.ts";
import { hasProblems } from "../wants.ts";
import type { Notice } from "./notice.ts";

export interface Said {
  /** A few words, for the subject and the heading. */
  title: string;
  /** What happened, and what to do about it. */
  sentences: string[];
  /** What was wrong, by codes. */
  problems: readonly CodeCount[];
  /** `bad`: somebody has to do something. */
  tone: "good" | "bad" | "plain";
  /** Where administrators look at it, after the public address. */
  path: string | undefined;
}

export type Clock = (instant: string) => string;

/** @param clock an instant in words, on the reader's clock */
export function say(notice: Notice, clock: Clock): Said {
  const topic = notice.kind.split(".")[0];
  if (topic === "upload") return sayUpload(notice);
  if (topic === "export") return sayExport(notice, clock);
  if (topic === "key") return sayKey(notice, clock);
  return saySchool(notice, clock);
}

function sayUpload({ kind, details: { upload } }: Notice): Said {
  const { id, name, rows, problems = [] } = upload!;
  const path = `/console/uploads/${id}`;
  const base = { problems, path };
  const because = words(upload!["heldBecause"] ?? upload!["because"]);
  const additionsUntil = words(upload!["additionsUntil"]);
  switch (kind) {
    case "upload.rejected":
      return {
        ...base,
        tone: "bad",
        title: `${name} was rejected as a whole`,
        sentences: [
          "Nothing in it was applied; the students we have are as they were.",
          "The .completed file beside it in /inbound says what is wrong. Correct the file and send it " +
          "again.",
        ],
      };
    case "upload.held":
      return {
        ...base,
        tone: "bad",
        title: `${name} is held`,
        sentences: [
          "It waits, and nothing of it was applied yet.",
          ...(because ? [`Why: ${because}.`] : []),
          ...(rows ? [`This is what would be done: ${countsOf(rows)}`] : []),
          "An administrator can release or discard it. Files that you send meanwhile are judged for " +
          "themselves.",
        ],
      };
    case "upload.parked":
      return {
        ...base,
        tone: "bad",
        title: `${name} cannot go on`,
        sentences: [
          "A fault keeps it from being processed; an administrator looks at it.",
          ...(because ? [`Why: ${because}.`] : []),
          "Files that you send meanwhile are processed.",
        ],
      };
    case "upload.discarded":
      return {
        ...base,
        tone: "plain",
        title: `${name} was given up`,
        sentences: [
          "Its report in /inbound says why, and whether rows of it had been applied before.",
        ],
      };
    case "upload.reverted":
      return {
        ...base,
        tone: "plain",
        title: `${name} was undone`,
        sentences: [
          "An administrator put back what this file had changed, where nothing else had changed it since.",
        ],
      };
    default:
      return {
        ...base,
        tone: hasProblems({ upload }) ? "bad" : "good",
        title: upload!["checkOnly"] ? `${name} was checked` : titleOfCompleted(name, rows),
        sentences: [
          ...(upload!["checkOnly"]
            ? ["It was only checked, and nothing was applied; this is what it would do."]
            : []),
          ...(rows ? [countsOf(rows)] : []),
          ...(additionsUntil
            ? [
              `A pause lets only new students through, through ${additionsUntil}: rows of students ` +
              "who are there already change nothing, and count as unchanged.",
            ]
            : []),
          ...(rows && rows.rejected > 0
            ? [
              "Rows that were rejected are in the .rejected file in /inbound: correct them there, " +
              "rename the file to .csv and send it again." +
              (upload!["checkOnly"] ? "" : ` ${othersApplied(rows, additionsUntil !== "")}`),
            ]
            : []),
          ...(rows && rows.unprocessed > 0 ? [beyondLimit(rows)] : []),
        ],
      };
  }
}

type Rows = NonNullable<NonNullable<Notice["details"]["upload"]>["rows"]>;

function othersApplied({ unprocessed }: Rows, onlyAdditions: boolean): string {
  return `All other rows${onlyAdditions ? " of new students" : ""}${
    unprocessed > 0 ? " within the limit" : ""
  } were applied.`;
}

/** What was read is what the limit lets through. */
function beyondLimit({ read, unprocessed }: Rows): string {
  return `${number(unprocessed)} ${
    plural(unprocessed, "row was", "rows were")
  } not looked at: the ` +
    `limit is ${number(read)} ${
      plural(read, "row", "rows")
    } in one file. Send the rest in another ` +
    "file.";
}

function titleOfCompleted(name: string, rows: Rows | undefined): string {
  const rejected = rows?.rejected ?? 0;
  const warnings = rows?.warnings ?? 0;
  if (rejected > 0) {
    return `${name}: ${number(rejected)} ${plural(rejected, "row was", "rows were")} rejected`;
  }
  if ((rows?.unprocessed ?? 0) > 0) return `${name} was processed in part`;
  if (warnings > 0) {
    return `${name} was processed, with ${number(warnings)} ${
      plural(warnings, "warning", "warnings")
    }`;
  }
  return `${name} was processed`;
}

function countsOf(rows: Rows): string {
  const { read, added, updated, unchanged, rejected, warnings } = rows;
  const parts = [
    `${number(added)} added`,
    `${number(updated)} updated`,
    `${number(unchanged)} unchanged`,
    `${number(rejected)} rejected`,
  ];
  const { left, returned } = rows as Partial<Record<"left" | "returned", number>>;
  if (left) parts.push(`${number(left)} left`);
  if (returned) parts.push(`${number(returned)} returned`);
  const said = `${number(read)} ${plural(read, "row", "rows")}: ${parts.join(", ")}`;
  return warnings > 0
    ? `${said}; ${number(warnings)} ${plural(warnings, "warning", "warnings")}.`
    : `${said}.`;
}

function sayExport({ kind, details }: Notice, clock: Clock): Said {
  const { name, students, ...facts } = details.export!;
  const counted = `${number(students)} verified ${plural(students, "student", "students")}`;
  const base = { problems: [], path: undefined };
  switch (kind) {
    case "export.not_downloaded":
      return {
        ...base,
        tone: "bad",
        title: `${name} was not fetched`,
        sentences: [
          `It has ${counted} and was put into /outbound on ${clock(String(facts["deliveredAt"]))}.`,
          "Please fetch it by SFTP. If your own program should have done so, somebody may want to look " +
          "at it. If it was removed unread, ask for it to be delivered again.",
        ],
      };
    case "export.downloaded":
      return {
        ...base,
        tone: "good",
        title: `${name} was fetched`,
        sentences: [`All of it was read, after we had told you that it lay there: ${counted}.`],
      };
    default:
      return {
        ...base,
        tone: "good",
        title: `${name} is there for you`,
        sentences: [`It has ${counted} and lies in /outbound.`],
      };
  }
}

function sayKey({ details: { key } }: Notice, clock: Clock): Said {
  const { fingerprint, label, expiresAt, days } = key!;
  const within = Number(days) === 1 ? "within a day" : `within ${days} days`;
  return {
    problems: [],
    path: undefined,
    tone: "bad",
    title: `An SSH key ends ${within}`,
    sentences: [
      `The key ${label ? `"${label}" ` : ""}(${fingerprint}) opens no session after ${
        clock(String(expiresAt))
      }.`,
      "Make a new pair and give us its public half before that, so that your files go on arriving.",
    ],
  };
}

function saySchool({ kind, details }: Notice, clock: Clock): Said {
  const base = { problems: [], path: undefined };
  if (kind === "school.heard") {
    return {
      ...base,
      tone: "good",
      title: "A roster has come again",
      sentences: [
        `One was missing since ${clock(String(details["silentSince"]))}; now one was applied.`,
      ],
    };
  }
  const come = whatCame(details);
  return {
    ...base,
    tone: "bad",
    title: come.length > 0 ? "No roster was applied" : "No roster has come",
    sentences: [
      `We expect one ${words(details["expected"])}, and none was applied by ${
        clock(String(details["expectedBy"]))
      }.`,
      ...come,
      "We tell you once, and again when a roster was applied.",
    ],
  };
}

/** Of a school whose roster was not applied: what it sent nevertheless. */
function whatCame(details: Notice["details"]): string[] {
  const waiting = details["waiting"] as UnappliedFiles["waiting"];
  const why = words(waiting?.because);
  return [
    ...(waiting
      ? [
        `${waiting.name} has come and ${waiting.state === "held" ? "is held" : "cannot go on"}.${
          why ? ` Why: ${why}.` : ""
        }`,
      ]
      : []),
    ...(details["underWay"] ? ["One has come and is still being processed."] : []),
    ...(details["reported"]
      ? ["Of what was sent and not applied, a report in /inbound says why."]
      : []),
  ];
}

/** A fact that is text, or a list of texts. */
function words(fact: unknown): string {
  if (Array.isArray(fact)) return fact.map(words).filter(Boolean).join("; ");
  return typeof fact === "string" ? fact.replace(/\.$/, "") : "";
}

export function number(count: number): string {
  return count.toLocaleString("en-US");
}

export function plural(count: number, one: string, many: string): string {
  return count === 1 ? one : many;
}
