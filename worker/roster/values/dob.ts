/**
 * Dob: `MM/DD/YYYY`, a real calendar date, not in the future, not before 1900.
 */
import { Fault } from "./fault.ts";
import { shown } from "./shown.ts";

/**
 * The date as `YYYY-MM-DD`.
 * @param today the last day that is not in the future, `YYYY-MM-DD`
 */
export function readDob(value: string, today: string): string | Fault {
  const match = /^(\d\d)\/(\d\d)\/(\d{4})$/.exec(value);
  if (match === null) {
    return new Fault(
      "dob_format",
      `${shown(value)} is not written MM/DD/YYYY (two, two and four digits).${formatHint(value)}`,
    );
  }
  const [, month, day, year] = match as unknown as [string, string, string, string];
  if (!isCalendarDate(Number(year), Number(month), Number(day))) {
    const why = impossible(Number(year), Number(month), Number(day));
    return new Fault("dob_impossible", `${shown(value)} is no date of the calendar: ${why}`);
  }
  if (Number(year) < 1900) {
    return new Fault("dob_too_early", `${shown(value)} is before 1900.`);
  }
  const date = `${year}-${month}-${day}`;
  if (date > today) return new Fault("dob_future", `${shown(value)} is in the future.`);
  return date;
}

function isCalendarDate(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
}

const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** Why there is no such date, as a sentence. */
function impossible(year: number, month: number, day: number): string {
  const name = months[month - 1];
  if (name === undefined) {
    const swapped = isCalendarDate(year, day, month)
      ? " Month and day seem to be the wrong way round: the month comes first."
      : "";
    return `there is no month ${month}.${swapped}`;
  }
  if (day === 0) return "there is no day 0.";
  const when = month === 2 ? `${name} ${year}` : name;
  return `${when} has ${daysIn(year, month)} days.`;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** How the value would be written, where it can only mean one day. */
function formatHint(value: string): string {
  const iso = /^(\d{4})-(\d\d?)-(\d\d?)(?:[T ].*)?$/.exec(value);
  if (iso !== null) return rewritten(iso[1]!, iso[2]!, iso[3]!);
  const short = /^(\d\d?)\/(\d\d?)\/(\d{4})$/.exec(value);
  if (short !== null) return rewritten(short[3]!, short[1]!, short[2]!);
  if (/^\d\d?\/\d\d?\/\d\d$/.test(value)) return " The year needs four digits.";
  if (/^\d{5}$/.test(value)) {
    return " It looks like a spreadsheet's number for a date: format the column as MM/DD/YYYY.";
  }
  return "";
}

function rewritten(year: string, month: string, day: string): string {
  if (!isCalendarDate(Number(year), Number(month), Number(day))) return "";
  return ` Write ${month.padStart(2, "0")}/${day.padStart(2, "0")}/${year}.`;
}
