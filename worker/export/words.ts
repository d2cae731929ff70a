/**
 * A schedule in words, turned into a cron expression (SPEC section 6). The words are read piece by
 * piece from the left; what no piece can read, or what can be meant in two ways, is refused with
 * what was understood. Nothing is guessed, so the grammar rather reads too little.
 */
import type { Inexpressible, Piece, Time } from "./piece.ts";
import { joinDays, wordPieces } from "./word-pieces.ts";

export type WordsReading = { cron: string } | { understood: string[]; message: string };

/** Three ways to write a schedule, shown with every refusal. */
export const examples = [
  "once a day at midnight",
  "every weekday at 6:30 pm",
  "every 15 minutes",
] as const;

/**
 * Reads words such as `every monday and thursday at 07:00`.
 *
 * @returns the cron expression (five fields), or what was understood and why it is not enough
 */
export function readWords(text: string): WordsReading {
  const understood: string[] = [];
  const pieces: Piece[] = [];
  let rest = normalize(text);
  while (rest !== "") {
    const found = readPiece(rest);
    if (!found) return { understood, message: `cannot read ${quote(rest)}` };
    if ("refusal" in found.piece) return { understood, message: found.piece.refusal };
    const kind = found.piece.kind;
    if (pieces.some((piece) => piece.kind === kind)) {
      return { understood, message: `${quote(found.text)} says again what was said before` };
    }
    pieces.push(found.piece);
    understood.push(found.text);
    rest = rest.slice(found.text.length).replace(/^ ?,? ?/, "");
  }
  if (pieces.length === 0) return { understood, message: "nothing was written" };
  const cron = compose(pieces);
  return typeof cron === "string" ? { cron } : { understood, message: cron.refusal };
}

/** Lower case, one space between words, commas apart, `6:30 p.m.` as `6:30pm`. */
function normalize(text: string): string {
  return text.toLowerCase()
    .replace(/["'“”‘’]/g, "")
    .replace(/[–—]/g, "-")
    .replace(/\b([ap])\.\s?m\.?/g, "$1m")
    .replace(/(\d)\s+([ap]m)\b/g, "$1$2")
    .replace(/&/g, " and ")
    .replace(/,/g, " , ")
    .replace(/\.\s*$/, "")
    .replace(/\s+/g, " ")
    .trim()
    .replace(
      partOfDay,
      (words, hour: string, minute: string | undefined, part: string) =>
        inPartOfDay(Number(hour), minute, part) ?? words,
    )
    .replace(
      everyPart,
      (words, part: string, hour: string, minute?: string, half?: string) =>
        everyDayAt(part, hour, minute, half) ?? words,
    );
}

/** `6:30 in the morning` */
const partOfDay = /\b(\d{1,2})(?:[:.](\d\d))? in the (morning|afternoon|evening)\b/g;
/** `every morning at 6`, `mornings at 6:30 am` */
const everyPart =
  /\b(?:(?:every|each) )?(morning|afternoon|evening)s? at (\d{1,2})(?:[:.](\d\d))?([ap]m)?(?= |$)/g;

function everyDayAt(
  part: string,
  hour: string,
  minute: string | undefined,
  half: string | undefined,
): string | undefined {
  const time = half ? `${hour}:${minute ?? "00"}${half}` : inPartOfDay(Number(hour), minute, part);
  // "every morning at 6pm" contradicts itself.
  if (!time || time.endsWith("am") !== (part === "morning")) return undefined;
  return `every day at ${time}`;
}

/** With am or pm; `undefined` when no such hour is of that part. */
function inPartOfDay(hour: number, minute = "00", part: string): string | undefined {
  const [least, most] = { morning: [1, 11], afternoon: [1, 6], evening: [5, 11] }[part]!;
  if (part === "afternoon" && hour === 12) return `12:${minute}pm`;
  if (hour < least! || hour > most!) return undefined;
  return `${hour}:${minute}${part === "morning" ? "am" : "pm"}`;
}

function readPiece(rest: string): { text: string; piece: Piece | Inexpressible } | undefined {
  for (const { pattern, read } of wordPieces) {
    const match = pattern.exec(rest);
    if (match) return { text: match[0], piece: read(match) };
  }
  return undefined;
}

type Kinds = { [K in Piece["kind"]]?: Extract<Piece, { kind: K }> };

function compose(pieces: Piece[]): string | Inexpressible {
  const by = Object.fromEntries(pieces.map((piece) => [piece.kind, piece])) as Kinds;
  const days = composeDays(by);
  if ("refusal" in days) return days;
  const clock = composeClock(by);
  if ("refusal" in clock) return clock;
  return `${clock.minute} ${clock.hour} ${days.ofMonth} ${days.month} ${days.ofWeek}`;
}

interface Days {
  ofMonth: string;
  month: string;
  ofWeek: string;
}

function composeDays(by: Kinds): Days | Inexpressible {
  if (by.date || by.year || by.quarter) return composeYear(by);
  if (by.except) return composeExcept(by);
  if (by.weekdays && by.monthdays) {
    return { refusal: "days of the week and days of the month cannot be joined; choose one" };
  }
  if ((by.week || by.month) && by.count) {
    return { refusal: "once a day and once a week or month contradict each other" };
  }
  if (by.week?.times && by.week.times > 1) {
    if (by.weekdays?.size !== by.week.times) {
      return {
        refusal:
          `says ${by.week.times} times a week, but not on which days, such as "every monday ` +
          'and thursday at 07:00"',
      };
    }
  }
  if (by.week && !by.weekdays) {
    return { refusal: 'says every week but not on which day, such as "weekly on monday at 6pm"' };
  }
  if (by.month && !by.monthdays) {
    return {
      refusal: 'says every month but not on which day, such as "monthly on the 1st at noon"',
    };
  }
  if (by.monthdays && !by.month && !by.monthdays.ofTheMonth) {
    return { refusal: 'says which day but not of what; add "of the month"' };
  }
  const once = by.week?.times === 1 ? by.weekdays : by.month?.once ? by.monthdays : undefined;
  if (once && once.size !== 1) return { refusal: `says once, but names ${once.size} days` };
  return {
    ofMonth: by.monthdays?.ofMonth ?? "*",
    month: "*",
    ofWeek: by.monthdays?.ofWeek ?? (by.weekdays ? joinDays(by.weekdays.days) : "*"),
  };
}

/** `yearly on july 1`, `every january 15`, `quarterly on the 1st`. */
function composeYear(by: Kinds): Days | Inexpressible {
  if (by.weekdays || by.week || by.month || by.count || by.nights || by.except || by.interval) {
    return { refusal: "a year or a quarter and other repetitions cannot be joined; choose one" };
  }
  if (by.quarter) {
    if (by.date || by.year || !by.monthdays || by.monthdays.size !== 1) {
      return {
        refusal: 'says every quarter but not on which day, such as "quarterly on the 1st at 6am"',
      };
    }
    return { ...by.monthdays, month: "1,4,7,10" };
  }
  if (!by.date || by.monthdays) {
    return {
      refusal: 'says every year but not on which day, such as "yearly on july 1 at 6am"',
    };
  }
  if (!by.year && !by.date.everyYear) {
    return { refusal: 'says a day of one year; if it is meant every year, add "yearly"' };
  }
  return { ofMonth: String(by.date.day), month: String(by.date.month), ofWeek: "*" };
}

/** `daily except sunday`, `weekdays except friday`. */
function composeExcept({ except, ...by }: Kinds): Days | Inexpressible {
  const isDaily = by.count !== undefined || by.interval !== undefined;
  if (by.monthdays || by.week || by.month || by.nights || (!isDaily && !by.weekdays)) {
    return { refusal: 'says except, but not of what, such as "daily except sunday at 8am"' };
  }
  const all = by.weekdays?.days ?? new Set([0, 1, 2, 3, 4, 5, 6]);
  const days = new Set([...all].filter((day) => !except!.days.has(day)));
  if (days.size === 0) return { refusal: "says except for every day that it names" };
  return { ofMonth: "*", month: "*", ofWeek: joinDays(days) };
}

function composeClock(by: Kinds): { minute: string; hour: string } | Inexpressible {
  if (by.window) return composeWindow(by);
  if (by.interval) {
    if (by.times || by.nights || by.count?.once || (by.count?.count ?? 1) !== 1) {
      return { refusal: "an interval and times of the day cannot be joined; choose one" };
    }
    return by.interval;
  }
  const times = by.times?.times;
  if (times) {
    if (by.count && by.count.count !== 1 && by.count.count !== times.length) {
      return { refusal: `says ${by.count.count} times a day, but names ${times.length}` };
    }
    if (by.count?.once && times.length !== 1) {
      return { refusal: `says once a day, but names ${times.length} times` };
    }
    if (by.nights && times.some(({ hour }) => hour >= 6 && hour < 18)) {
      return { refusal: "says every night, but names a time of the day" };
    }
    if (!by.count && !by.nights && !by.weekdays && !by.monthdays && !by.date) {
      return { refusal: 'says at what time but not on which days, such as "every day"' };
    }
    return composeTimes(times);
  }
  if (by.count) return evenly(by.count.count);
  return { refusal: 'says on which days but not at what time, such as "at 6:30 pm"' };
}

/** `every 2 hours between 8 and 18`: both ends are runs, so the interval is of whole hours. */
function composeWindow(by: Kinds): { minute: string; hour: string } | Inexpressible {
  const { from, to } = by.window!;
  if (!by.interval || by.times || by.nights) {
    return {
      refusal:
        'says between which hours but not how often, such as "every 2 hours between 8 and 18"',
    };
  }
  if (by.interval.minute !== "0") {
    return {
      refusal:
        "one cron expression cannot begin and end such an interval on the hour; write whole " +
        `hours, or as cron "${by.interval.minute} ${from}-${
          to - 1
        } * * *", which ends before ${to}:00`,
    };
  }
  const step = by.interval.hour.split("/")[1];
  return { minute: "0", hour: `${from}-${to}${step ? `/${step}` : ""}` };
}

/** One cron expression pairs each of its minutes with each of its hours: the minute must be one. */
function composeTimes(times: Time[]): { minute: string; hour: string } | Inexpressible {
  const minutes = new Set(times.map((time) => time.minute));
  if (minutes.size > 1) {
    return {
      refusal:
        "one schedule can only have times that share the minute, such as 6:30 am and 6:30 pm",
    };
  }
  const hours = [...new Set(times.map((time) => time.hour))].sort((a, b) => a - b);
  return { minute: String(times[0]!.minute), hour: hours.join(",") };
}

/** So many times a day, from midnight on: once is 00:00, twice 00:00 and 12:00. */
function evenly(count: number): { minute: string; hour: string } | Inexpressible {
  if (count < 1 || 24 % count !== 0) {
    return {
      refusal: `${count} times a day do not fall on whole hours; 1, 2, 3, 4, 6, 8, 12 and 24 do`,
    };
  }
  if (count === 24) return { minute: "0", hour: "*" };
  const hours = Array.from({ length: count }, (_, index) => index * 24 / count);
  return { minute: "0", hour: hours.join(",") };
}

function quote(text: string): string {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return `"${shown}"`;
}
