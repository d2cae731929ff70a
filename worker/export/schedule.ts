/**
 * A school's schedule: a cron expression with a time zone, or words that are turned into one (SPEC
 * section 6). Croner decides what is valid and when it runs; cronstrue says it in words.
 *
 * When the clocks change, Croner's fixed times and intervals differ:
 * - times of the day (`30 2 * * *`, `30 2,14 * * *`) run once on every day: a time in the missing hour
 *   runs when the clock has jumped forward, a time that comes twice runs at the first;
 * - intervals (a `*` or a step in minutes or hours) go on in real time: the missing hour has none, the
 *   doubled hour has them twice.
 */
import { Cron } from "croner";
import cronstrue from "cronstrue";
import { zoneHere } from "../zones.ts";
import { examples, readWords } from "./words.ts";
import { formatLocal, readZone } from "./zone.ts";

export interface Run {
  /** ISO 8601 UTC. */
  utc: string;
  /** The same instant on the school's clock, with its offset: `2026-11-22T00:00:00-05:00`. */
  local: string;
}

export interface Schedule {
  cron: string;
  timezone: string;
  /** The expression in English. */
  description: string;
  /** The next five, or all there are when they are fewer. */
  nextRuns: Run[];
}

export interface ScheduleProblem {
  code: "schedule_words" | "schedule_cron" | "schedule_too_often" | "schedule_never" | "timezone";
  /** What was found, what was understood, what is allowed. */
  message: string;
  understood: string[];
  examples: readonly string[];
}

export type ScheduleReading = { schedule: Schedule } | { problem: ScheduleProblem };

/** What cron knows by a name; `@reboot` is none for a service that is meant never to stop. */
const nicknames: Record<string, string> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};

const SHORTEST_DISTANCE = 60_000;

/**
 * Reads what an administrator wrote: a cron expression of 5 fields, or 6 with seconds first, a
 * nickname such as `@daily`, or words.
 *
 * @param timezone an IANA name, such as `America/New_York`
 * @param now milliseconds since the epoch; the next runs come after it
 */
export function readSchedule(when: string, timezone: string, now: number): ScheduleReading {
  const zone = readZone(timezone);
  if ("message" in zone) {
    return refuse("timezone", zone.message, [], zone.examples);
  }
  const text = when.trim().replace(/\s+/g, " ");
  const expression = text.startsWith("@") ? readNickname(text) : readExpression(text);
  if ("problem" in expression) return expression;
  return check(expression.cron, zone.name, now);
}

/**
 * The first run after an instant.
 *
 * @param timezone as it was stored: one that this runtime does not know counts as UTC
 * @param after milliseconds since the epoch
 * @returns milliseconds since the epoch; `undefined` when there is none
 */
export function nextRun(cron: string, timezone: string, after: number): number | undefined {
  return parse(cron, zoneHere(timezone)).nextRun(new Date(after))?.getTime();
}

function readNickname(text: string): { cron: string } | { problem: ScheduleProblem } {
  const cron = nicknames[text.toLowerCase()];
  if (cron) return { cron };
  const known = Object.keys(nicknames).join(", ");
  return refuse("schedule_cron", `"${shorten(text)}" is not a name that cron knows: ${known}.`);
}

function readExpression(text: string): { cron: string } | { problem: ScheduleProblem } {
  const fields = text.split(" ");
  // Words may begin with a number, but only cron has two fields without a letter.
  const isCron = fields.length > 1 &&
    fields.slice(0, 2).every((field) => /^[\d*?,/-]+$/.test(field));
  if (isCron && fields.length !== 5 && fields.length !== 6) {
    return refuse(
      "schedule_cron",
      `"${
        shorten(text)
      }" has ${fields.length} fields; a cron expression has 5 (minute, hour, day of ` +
        "the month, month, day of the week), or 6 with seconds first.",
    );
  }
  if (isCron) return { cron: text };
  const words = readWords(text);
  if ("cron" in words) return words;
  const understood = words.understood.map((piece) => `"${piece}"`).join(", ");
  return refuse(
    "schedule_words",
    `"${shorten(text)}" is not a schedule: ` +
      (understood ? `understood ${understood}; ` : "") + `${words.message}. ` +
      `Write words such as ${examples.map((example) => `"${example}"`).join(", ")}, or a cron ` +
      "expression.",
    words.understood,
  );
}

function check(cron: string, timezone: string, now: number): ScheduleReading {
  let runs: number[];
  let description: string;
  try {
    runs = parse(cron, timezone).nextRuns(5, new Date(now)).map((run) => run.getTime());
  } catch (error) {
    return refuse(
      "schedule_cron",
      `"${shorten(cron)}" is not a cron expression: ${reason(error)}.`,
    );
  }
  if (runs.length === 0) {
    return refuse("schedule_never", `"${shorten(cron)}" never runs: no such day comes again.`);
  }
  // Two seconds of one minute follow each other within any three runs, so five runs show them.
  const distance = Math.min(...runs.slice(1).map((run, index) => run - runs[index]!));
  if (distance < SHORTEST_DISTANCE) {
    return refuse(
      "schedule_too_often",
      `"${shorten(cron)}" runs ${distance / 1000} seconds apart; at most once a minute is allowed.`,
    );
  }
  try {
    description = describe(cron);
  } catch (error) {
    return refuse(
      "schedule_cron",
      `"${shorten(cron)}" cannot be shown back in words, so it is not taken: ${reason(error)}.`,
    );
  }
  const nextRuns = runs.map((run) => ({
    utc: new Date(run).toISOString(),
    local: formatLocal(run, timezone),
  }));
  return { schedule: { cron, timezone, description, nextRuns } };
}

function parse(cron: string, timezone: string): Cron {
  // Lists of times are fixed times too: 02:30 and 14:30 are two runs on every day of the year.
  return new Cron(cron, {
    timezone,
    paused: true,
    mode: "5-or-6-parts",
    fixedTimeRule: "no-wildcard",
  });
}

function describe(cron: string): string {
  // Croner writes the last Friday as FRI#L, cronstrue as 5L.
  const days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
  const dialect = cron.replace(
    /(\w{3}|\d)#L/gi,
    (_, day: string) =>
      `${days.indexOf(day.toUpperCase()) < 0 ? day : days.indexOf(day.toUpperCase())}L`,
  );
  return cronstrue.toString(dialect, { verbose: true });
}

function refuse(
  code: ScheduleProblem["code"],
  message: string,
  understood: string[] = [],
  shown: readonly string[] = examples,
): { problem: ScheduleProblem } {
  return { problem: { code, message, understood, examples: shown } };
}

function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^(?:CronPattern|Error): /, "").replace(/\.$/, "");
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
