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
    const hint = formatHint(value, today);
    return new Fault(
      "dob_format",
      `${shown(value)} is not written MM/DD/YYYY (two, two and four digits).${hint}`,
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

/** How the value would be written, and where it can mean several days, each of them. */
function formatHint(value: string, today: string): string {
  if (/^\d{5}$/.test(value)) {
    return " It looks like a spreadsheet's number for a date: format the column as MM/DD/YYYY.";
  }
  const pieces = /^(\d{1,4})([-./ ])(\d\d?)\2(\d{1,4})(?:[T ].*)?$/.exec(value);
  if (pieces === null) return "";
  const [, first, separator, second, third] = pieces as unknown as string[];
  const dates = [...new Set(datesMeant([first!, second!, third!], separator!, today))];
  const year = first!.length < 3 && third!.length < 3 ? " The year needs four digits." : "";
  if (dates.length === 0) return year;
  if (dates.length === 1) return `${year} Write ${dates[0]}.`;
  return `${year} It can be ${dates.slice(0, -1).join(", ")} or ${dates.at(-1)}: write which.`;
}

type Pieces = [string, string, string];

/** Every day that three numbers can mean, as it would be written. */
function datesMeant([first, second, third]: Pieces, separator: string, today: string): string[] {
  const yearFirst = possible(first, second, third, today);
  if (first.length === 4) return yearFirst;
  const monthFirst = possible(third, first, second, today);
  // Between slashes the month comes first, as it does where both have two digits and are taken.
  if (separator === "/" && monthFirst.length > 0) return monthFirst;
  return [
    ...monthFirst,
    ...possible(third, second, first, today),
    ...(separator === "/" || third.length > 2 ? [] : yearFirst),
  ];
}

/** The days of one order, in each century that a year of two digits can mean. */
function possible(year: string, month: string, day: string, today: string): string[] {
  if (month.length > 2 || day.length > 2 || ![2, 4].includes(year.length)) return [];
  const [monthDigits, dayDigits] = [month.padStart(2, "0"), day.padStart(2, "0")];
  return (year.length === 4 ? [year] : [`20${year}`, `19${year}`])
    .filter((full) => Number(full) >= 1900 && `${full}-${monthDigits}-${dayDigits}` <= today)
    .filter((full) => isCalendarDate(Number(full), Number(month), Number(day)))
    .map((full) => `${monthDigits}/${dayDigits}/${full}`);
}
