/**
 * The pieces that a schedule in words is made of: how often, on which days, at what times. Each is a
 * pattern for the start of the words and what it means.
 */

import type { Inexpressible, Piece, Time } from "./piece.ts";
import { windowPieces } from "./word-windows.ts";
import { yearPieces } from "./word-years.ts";

const numberWords: Record<string, number> = {
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  eight: 8,
  ten: 10,
  twelve: 12,
  fifteen: 15,
  twenty: 20,
  thirty: 30,
};
const ordinalWords = ["first", "second", "third", "fourth", "fifth"];
const dayStarts = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const NUMBER = `\\d{1,4}|${Object.keys(numberWords).join("|")}`;
const DAY =
  "(?:sun(?:day)?|mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:r|rs|rsday)?|fri(?:day)?|sat(?:urday)?)s?";
const DAYS =
  `(?:(?:business|working|work|week)[ -]?days?|weekends?|${DAY}(?: ?(?:-|to|through|thru) ?${DAY})?)`;
const SEP = "(?: ?, and | ?, | and )";
const ORDINAL = `(?:${ordinalWords.join("|")}|last|\\d{1,2}(?:st|nd|rd|th))`;
const OF_MONTH = "(?: (?:of|in) (?:(?:the|a|each|every) )?month| (?:each|every) month)";
const TIME = "(?:(?:12 )?(?:midnight|noon)|midday|\\d{1,2}(?:[:.]\\d\\d)?[ap]m|\\d{1,2}:\\d\\d)";

function piece(
  pattern: string,
  read: (match: RegExpExecArray) => Piece | Inexpressible,
): { pattern: RegExp; read: (match: RegExpExecArray) => Piece | Inexpressible } {
  return { pattern: new RegExp(`^(?:${pattern})(?= |$)`), read };
}

/** In this order: the first that reads the start of the words is taken. */
export const wordPieces = [
  piece("(?:never|none|off|manual(?:ly)?|on demand|not at all|no schedule)", () => ({
    refusal:
      "an export at no time needs no schedule: where there is one, remove it (a button of the " +
      'console, "off" on the command line, DELETE of the API), and exports are made only when an ' +
      "administrator runs one",
  })),
  piece("(?:after|on|with|upon) (?:every|each|an?|the) (?:upload|file|roster|import)s?", () => ({
    refusal: 'a schedule goes by the clock and not by uploads; "every 15 minutes" comes close',
  })),
  piece(
    "(?:(?:at|by) )?(?:the )?(?:end of (?:the |each |every )?(?:business |school |working )?day|" +
      "close of business|eod|cob)",
    (match) => ({
      refusal: `"${match[0]}" can be any hour; write which, such as "every weekday at 5 pm"`,
    }),
  ),
  piece("(?:in the |(?:every|each) )?(?:morning|afternoon|evening)s?", (match) => ({
    refusal: `"${match[0]}" does not say at what hour; write "every morning at 6", or "every day ` +
      'at 06:00"',
  })),
  ...yearPieces.map(({ pattern, read }) => piece(pattern, read)),
  ...windowPieces.map(({ pattern, read }) => piece(pattern, read)),
  piece(
    `(?:except|excluding|but not|other than|without) (?:on )?(${DAYS}(?:${SEP}(?:on )?${DAYS})*)`,
    (match) => ({ kind: "except", days: readDays(match[1]!) }),
  ),
  piece("(?:every|each) other (\\w+)|(fortnightly|biweekly|bimonthly)", (match) => ({
    refusal:
      `cron cannot count from one week or month to the next, so "${match[0]}" has no evenly ` +
      "spaced form",
  })),
  // "every second monday" is not about seconds.
  piece(`(?:every|each) (?:(${NUMBER}) )?seconds?(?! (?:${DAY}|day))`, () => ({
    refusal: "a school's exports run at most once a minute",
  })),
  piece(`(?:every|each) (${NUMBER}) (day|week|month|year)s?`, (match) => ({
    refusal: `cron cannot count ${match[2]}s from one ${
      match[2] === "day" ? "month" : "year"
    } to the next, so "${match[0]}" has no evenly spaced form`,
  })),
  piece(
    `(?:every|each) (?:(${NUMBER}) )?(min|minute|hr|hour)s?`,
    (match) => interval(number(match[1]) * (match[2]!.startsWith("h") ? 60 : 1), match[0]),
  ),
  piece("hourly", (match) => interval(60, match[0])),
  piece("half[- ]hourly|(?:every|each) half[- ](?:an )?hour", (match) => interval(30, match[0])),
  piece("(?:every|each) quarter(?: of an)?[- ]hour", (match) => interval(15, match[0])),
  piece(
    `(?:(once)|(twice)|(${NUMBER}) times?) (?:an|per|each|every) hour`,
    (match) => interval(60 / times(match), match[0]),
  ),
  piece(
    `(?:(once|one)|(twice)|(${NUMBER}) times?) (?:(?:a|per|each|every) day|daily)`,
    (match) => ({ kind: "count", count: times(match), once: times(match) === 1 }),
  ),
  piece("daily|(?:every|each) ?day", () => ({ kind: "count", count: 1, once: false })),
  piece("nightly|(?:every|each) night", () => ({ kind: "nights" })),
  piece(
    `(?:(?:on|every|each) )?(?:the )?(${ORDINAL}(?:${SEP}(?:the )?${ORDINAL})*) (${DAY})(${OF_MONTH})?`,
    (match) => nthWeekdays(match[1]!, match[2]!, match[3] !== undefined),
  ),
  piece(
    `(?:(?:on|every|each) )?(?:the )?(${ORDINAL}(?: day)?(?:${SEP}(?:the )?${ORDINAL}(?: day)?)*)(${OF_MONTH})?`,
    // "on the 1st and 15th" can only be days of the month.
    (match) =>
      daysOfMonth(match[1]!, match[2] !== undefined || /^on the [\d][^y]*$/.test(match[0])),
  ),
  piece(
    `(?:(?:on|every|each) )?(${DAYS}(?:${SEP}(?:(?:on|every|each) )?${DAYS})*)`,
    (match) => daysOfWeek(match[1]!),
  ),
  piece(
    `(?:(once|one)|(twice)|(${NUMBER}) times?) (?:a|per|each|every) week`,
    (match) => ({ kind: "week", times: times(match) }),
  ),
  piece("weekly|(?:every|each) week", () => ({ kind: "week", times: undefined })),
  piece("(once (?:a|per|each|every) month)|monthly|(?:every|each) month", (match) => ({
    kind: "month",
    once: match[1] !== undefined,
  })),
  piece(
    `(?:at )?(${TIME}(?:${SEP}(?:at )?${TIME})*)`,
    (match) => timesOfDay(match[1]!),
  ),
  piece("at (\\d{1,2})", (match) => ({
    refusal: `"${match[1]}" can be morning or evening; write ${match[1]} am, ${match[1]} pm or ${
      match[1]!.padStart(2, "0")
    }:00`,
  })),
];

function number(text: string | undefined): number {
  return text === undefined ? 1 : numberWords[text] ?? Number(text);
}

function times([, once, twice, count]: RegExpExecArray): number {
  return once ? 1 : twice ? 2 : number(count);
}

/** Cron starts its steps anew each hour and each day, so only divisors of 60 and 24 are even. */
function interval(minutes: number, words: string): Piece | Inexpressible {
  if (minutes >= 1 && Number.isInteger(minutes)) {
    if (minutes === 1) return { kind: "interval", minute: "*", hour: "*" };
    if (minutes < 60 && 60 % minutes === 0) {
      return { kind: "interval", minute: `*/${minutes}`, hour: "*" };
    }
    if (minutes === 60) return { kind: "interval", minute: "0", hour: "*" };
    if (minutes === 1440) return { kind: "interval", minute: "0", hour: "0" };
    if (minutes % 60 === 0 && 1440 % minutes === 0) {
      return { kind: "interval", minute: "0", hour: `*/${minutes / 60}` };
    }
  }
  return {
    refusal:
      `"${words}" cannot be spaced evenly: cron begins anew each hour and each day. Even are ` +
      "1, 2, 3, 4, 5, 6, 10, 12, 15, 20 or 30 minutes and 1, 2, 3, 4, 6, 8, 12 or 24 hours",
  };
}

function daysOfWeek(text: string): Piece {
  const days = readDays(text);
  return { kind: "weekdays", days, size: days.size };
}

function readDays(text: string): Set<number> {
  const days = new Set<number>();
  for (const [words] of text.matchAll(new RegExp(DAYS, "g"))) {
    if (/^(?:business|work|week[ -]?day)/.test(words)) {
      [1, 2, 3, 4, 5].forEach((day) => days.add(day));
    } else if (words.startsWith("weekend")) [6, 0].forEach((day) => days.add(day));
    else {
      const [from, to = from] = words.split(/ ?(?:-|\bto\b|\bthrough\b|\bthru\b) ?/).map(dayNumber);
      for (let day = from!; day !== to; day = (day + 1) % 7) days.add(day);
      days.add(to!);
    }
  }
  return days;
}

function dayNumber(name: string): number {
  return dayStarts.indexOf(name.trim().slice(0, 3));
}

/** Days of the week as a cron field: `1-5`, `1,4`, `*`. */
export function joinDays(days: Set<number>): string {
  if (days.size === 7) return "*";
  const sorted = [...days].sort((a, b) => a - b);
  const unbroken = sorted.at(-1)! - sorted[0]! === sorted.length - 1;
  return unbroken && sorted.length > 2 ? `${sorted[0]}-${sorted.at(-1)}` : sorted.join(",");
}

/** `first` → 1, `15th` → 15, `last` → "L". */
function ordinals(text: string): (number | "L")[] {
  return [...text.matchAll(new RegExp(ORDINAL, "g"))].map(([word]) =>
    word === "last"
      ? "L"
      : ordinalWords.includes(word)
      ? ordinalWords.indexOf(word) + 1
      : parseInt(word)
  );
}

function daysOfMonth(text: string, ofTheMonth: boolean): Piece | Inexpressible {
  const days = [...new Set(ordinals(text))];
  const missing = days.find((day) => day !== "L" && (day < 1 || day > 28));
  if (missing !== undefined) {
    return {
      refusal: missing as number >= 29 && missing as number <= 31
        ? `not every month has a day ${missing}; write "last day of the month", or as cron ` +
          `"0 0 ${missing} * *" to leave the shorter months out`
        : `no month has a day ${missing}`,
    };
  }
  return {
    kind: "monthdays",
    ofMonth: sortOrdinals(days).join(","),
    ofWeek: "*",
    size: days.length,
    ofTheMonth,
  };
}

function nthWeekdays(text: string, day: string, ofTheMonth: boolean): Piece | Inexpressible {
  const weeks = [...new Set(ordinals(text))];
  const missing = weeks.find((week) => week !== "L" && (week < 1 || week > 4));
  if (missing !== undefined) {
    return {
      refusal: `not every month has ${missing} of one weekday; write "last", or first to fourth`,
    };
  }
  return {
    kind: "monthdays",
    ofMonth: "*",
    ofWeek: sortOrdinals(weeks).map((week) => `${dayNumber(day)}#${week}`).join(","),
    size: weeks.length,
    ofTheMonth,
  };
}

function sortOrdinals(ordinals: (number | "L")[]): (number | "L")[] {
  const rank = (ordinal: number | "L") => ordinal === "L" ? 99 : ordinal;
  return ordinals.sort((a, b) => rank(a) - rank(b));
}

function timesOfDay(text: string): Piece | Inexpressible {
  const read: Time[] = [];
  for (const [word] of text.matchAll(new RegExp(TIME, "g"))) {
    const time = timeOfDay(word);
    if ("refusal" in time) return time;
    read.push(time);
  }
  return { kind: "times", times: read };
}

function timeOfDay(word: string): Time | Inexpressible {
  if (word.endsWith("midnight")) return { hour: 0, minute: 0 };
  if (word.endsWith("noon") || word === "midday") return { hour: 12, minute: 0 };
  const [, hours, minutes = "00", half] = /^(\d+)(?:[:.](\d\d))?([ap]m)?$/.exec(word)!;
  const hour = Number(hours);
  const minute = Number(minutes);
  if (minute > 59) return { refusal: `"${word}" is no time of the day: minutes end at 59` };
  if (half) {
    if (hour < 1 || hour > 12) {
      return { refusal: `"${word}" is no time of the day: before am and pm stands 1 to 12` };
    }
    return { hour: hour % 12 + (half === "pm" ? 12 : 0), minute };
  }
  if (hour > 23) return { refusal: `"${word}" is no time of the day: hours are 00 to 23` };
  // One digit looks like a twelve-hour clock that lost its am or pm.
  if (hours!.length === 1 && hour > 0) {
    return {
      refusal: `"${word}" can be morning or evening; write 0${word}, ${word} am or ${word} pm`,
    };
  }
  return { hour, minute };
}
