/** The pieces of a schedule in words that are about months: dates, years, quarters. */
import type { Inexpressible, Piece } from "./piece.ts";

const monthStarts = [
  ...["jan", "feb", "mar", "apr", "may", "jun"],
  ...["jul", "aug", "sep", "oct", "nov", "dec"],
];
const MONTH = "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|" +
  "sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";
const NTH = "(\\d{1,2})(?:st|nd|rd|th)?";

/** Days of each month in a year that is no leap year. */
const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

type Read = { pattern: string; read(match: RegExpExecArray): Piece | Inexpressible };

export const yearPieces: Read[] = [
  {
    pattern: "(?:yearly|annually|once (?:a|per|each|every) year|(?:every|each) year)",
    read: () => ({ kind: "year" }),
  },
  {
    pattern:
      "(?:quarterly|once (?:a|per|each|every) quarter|(?:every|each) quarter)(?! (?:of|-|hour))",
    read: () => ({ kind: "quarter" }),
  },
  {
    pattern: `(?:(on|every|each) )?(?:the )?(${MONTH}) (?:the )?${NTH}`,
    read: ([, how, month, day]) => date(how, month!, day!),
  },
  {
    pattern: `(?:(on|every|each) )?(?:the )?${NTH}(?: of)? (${MONTH})`,
    read: ([, how, day, month]) => date(how, month!, day!),
  },
];

function date(how: string | undefined, monthName: string, dayText: string): Piece | Inexpressible {
  const month = monthStarts.indexOf(monthName.slice(0, 3)) + 1;
  const day = Number(dayText);
  if (day < 1 || day > monthDays[month - 1]!) {
    return {
      refusal: month === 2 && day === 29
        ? "not every year has a February 29; write February 28 or March 1"
        : `no such month has a day ${day}`,
    };
  }
  return { kind: "date", month, day, everyYear: how === "every" || how === "each" };
}
