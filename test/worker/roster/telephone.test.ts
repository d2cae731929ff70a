import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Fault } from "../../../worker/roster/values/fault.ts";
import { telephoneNumber, telephoneReader } from "../../../worker/roster/values/telephone.ts";

test("Telephone is a possible number for the school's country, stored in E.164", () => {
  const cases: [string, string, string | undefined][] = [
    ["US", "(212) 555-0123", "+12125550123"],
    ["US", "212.555.0123", "+12125550123"],
    ["US", "1-212-555-0123", "+12125550123"],
    ["US", "+44 20 7946 0958", "+442079460958"],
    ["US", "(212) 555-0123 x55", "+12125550123"],
    ["US", "555-0123", undefined],
    ["US", "212-555-01234", undefined],
    ["US", "call 212-555-0123", undefined],
    ["US", "n/a", undefined],
    ["CA", "514 555 0123", "+15145550123"],
    ["FR", "06 12 34 56 78", "+33612345678"],
    ["GB", "020 7946 0958", "+442079460958"],
    ["GB", "(212) 555-0123", "+442125550123"],
    // No country that the library knows: only numbers with a country code.
    ["ZZ", "(212) 555-0123", undefined],
    ["ZZ", "+1 212 555 0123", "+12125550123"],
  ];
  for (const [country, value, expected] of cases) {
    const number = telephoneReader(country)(value);
    if (expected !== undefined) assert.equal(number, expected, `${country} ${value}`);
    else assert.ok(number instanceof Fault && number.code === "telephone_format", value);
  }
});

const digits = (count: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: count, maxLength: count });
const between = fc.constantFrom("", " ", "-", ".", "  ", "/", ")", ") ", "(");
const written = fc.tuple(
  fc.constantFrom("", "1", "+1", "1 ", "+1-", "0", "+", "("),
  fc.constantFrom("", "("),
  digits(3),
  between,
  fc.oneof({ weight: 9, arbitrary: digits(3) }, digits(2)),
  between,
  fc.oneof({ weight: 9, arbitrary: digits(4) }, digits(5)),
  fc.constantFrom("", "", " ", "x1"),
).map((parts) => parts.join(""));

test("the short way for North American numbers comes to what the library does", () => {
  for (const country of ["US", "CA"]) {
    const read = telephoneReader(country);
    fc.assert(
      fc.property(written, (value) => {
        const number = read(value);
        assert.equal(number instanceof Fault ? undefined : number, telephoneNumber(value, country));
      }),
      { numRuns: 3000 },
    );
  }
});
