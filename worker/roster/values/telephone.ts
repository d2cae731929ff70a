/**
 * Telephone: a possible number, stored in E.164.
 */
import {
  type CountryCode,
  isSupportedCountry,
  parsePhoneNumberFromString,
} from "libphonenumber-js/min";
import { Fault } from "./fault.ts";
import { shown } from "./shown.ts";

/**
 * Ten digits of the North American plan as people write them, `(212) 555-0123`. Most rosters have
 * nothing else, and the library takes two hundred times as long to come to the same.
 */
const northAmerican = /^(?:\+?1[ .-]?)?(?:\(([2-9]\d\d)\)|([2-9]\d\d))[ .-]?(\d{3})[ .-]?(\d{4})$/;

/** Makes the check of numbers of a school in a country (ISO 3166, two capital letters). */
export function telephoneReader(country: string): (value: string) => string | Fault {
  const isNorthAmerican = country === "US" || country === "CA";
  return function readTelephone(value) {
    const match = isNorthAmerican ? northAmerican.exec(value) : null;
    if (match !== null) return `+1${match[1] ?? match[2]}${match[3]}${match[4]}`;
    const number = telephoneNumber(value, country);
    if (number !== undefined) return number;
    const national = isNorthAmerican
      ? "ten digits, such as (212) 555-0123"
      : `a number of ${country} with its area code`;
    return new Fault(
      "telephone_format",
      `${shown(value)} is not a possible telephone number; expected is ${national}, or a number ` +
        `that starts with + and the country code.`,
    );
  };
}

/** The E.164 form by the library alone; undefined: not a possible number. */
export function telephoneNumber(value: string, country: string): string | undefined {
  const defaultCountry = isSupportedCountry(country) ? country as CountryCode : undefined;
  // The library comes to the same by throwing, which is slow; rosters are full of "n/a".
  if (!/\p{Nd}\P{Nd}*\p{Nd}/u.test(value)) return undefined;
  // extract: false, or a number would be picked out of any sentence.
  const number = withoutStacks(() =>
    parsePhoneNumberFromString(value, { defaultCountry, extract: false })
  );
  return number?.isPossible() ? number.number : undefined;
}

/** The library throws and catches an error for each value that is no number; its stack is most of the cost. */
function withoutStacks<T>(call: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return call();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
