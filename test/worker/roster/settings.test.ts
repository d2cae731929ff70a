// SPEC section 4: the settings that its columns name.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { SchoolSettings, storedSettings } from "../../../worker/roster/settings.ts";
import { Fault } from "../../../worker/roster/values/fault.ts";
import { patternFault, studentIdReader } from "../../../worker/roster/values/student-id.ts";

const sentenceOf = (settings: unknown) => {
  const { success, issues } = v.safeParse(SchoolSettings, settings);
  return success ? undefined : issues[0].message;
};

// Each of these took longer than any patience on one value when patterns were tried by backtracking.
const catastrophic = [
  "(.?){40}!",
  "(?:.?){50}z",
  "a?".repeat(60) + "!",
  "\\w?".repeat(50) + "!",
  "[a-z]{0,64}".repeat(16) + "!",
  "\\w{0,9}".repeat(25) + "!",
  "(?P<x>.?){40}z",
  "(a+)+!",
  "(a|aa)+!",
  "(a*)*!",
];

test("a StudentId is tried against the school's own pattern in a time that grows with its length alone", () => {
  for (const pattern of catastrophic) {
    const read = studentIdReader(pattern);
    for (let i = 0; i < 200; i++) {
      assert.ok(read("a".repeat(60) + i) instanceof Fault, pattern);
    }
  }
});

test("a pattern that cannot be had in linear time, is too large or fits nothing is refused in words", () => {
  const refused: [string, RegExp][] = [
    ["(", /is a regular expression as RE2 has them/],
    ["(a)\\1", /no back-references/],
    ["(?=(.?){40}z)a", /no look-around/],
    ["[a-z]{0,900}[a-z]{0,900}", /too large/],
    ["/^S\\d+$/", /without the slashes/],
    ["^$", /fits no StudentId/],
  ];
  for (const [pattern, sentence] of refused) {
    assert.match(patternFault(pattern) ?? "", sentence, pattern);
    assert.match(sentenceOf({ studentIdPattern: pattern }) ?? "", sentence, pattern);
  }
  for (
    const pattern of [
      "",
      "[A-Z]{2}\\d{6}",
      "S\\d+",
      "(?:A|B)-\\d{3,9}",
      "^\\p{L}+$",
      "a|ab",
      "(a+)+",
    ]
  ) {
    assert.equal(patternFault(pattern), undefined, pattern);
  }
  assert.equal(studentIdReader("a|ab")("ab"), "ab");
});

test("a country without telephone numbers is refused, and the right one proposed", () => {
  assert.match(sentenceOf({ country: "UK" })!, /did you mean GB\?/);
  assert.match(sentenceOf({ country: "us" })!, /did you mean US\?/);
  for (const country of ["ZZ", "XX", "", "Germany", 7]) {
    assert.match(sentenceOf({ country })!, /two capital letters of ISO 3166/);
  }
  for (const country of ["US", "GB", "DE", "JM"]) {
    assert.equal(sentenceOf({ country }), undefined);
  }
});

test("an e-mail domain that no address can have is refused", () => {
  for (
    const domain of [
      "@college.edu",
      "http://college.edu",
      "college",
      "college.edu/x",
      "a b.edu",
      "",
    ]
  ) {
    assert.match(sentenceOf({ emailDomains: [domain] })!, /written like college\.edu/, domain);
  }
  assert.match(sentenceOf({ emailDomains: Array(101).fill("a.edu") })!, /at most 100 domains/);
  assert.match(sentenceOf({ emailDomains: "college.edu" })!, /domains are a list/);
  const { emailDomains } = v.parse(SchoolSettings, {
    emailDomains: [" College.EDU ", "münchen.de"],
  });
  assert.deepEqual(emailDomains, ["college.edu", "münchen.de"]);
});

test("a row limit is a whole number from 1 to 500,000", () => {
  for (const rowLimit of [0, -1, 1.5, 500_001, 999_999_999, 1e21, "5"]) {
    assert.match(sentenceOf({ rowLimit })!, /whole number from 1 to 500000/);
  }
  assert.equal(sentenceOf({ rowLimit: 500_000 }), undefined);
});

test("every setting's sentence says what is allowed, none is a library's", () => {
  for (const name of Object.keys(SchoolSettings.entries)) {
    for (const value of [{}, []]) {
      const sentence = sentenceOf({ [name]: value });
      // Of a key that is missing or not known, the door says so in its own words.
      if (sentence === undefined || sentence.startsWith("Invalid key")) continue;
      assert.doesNotMatch(sentence, /^Invalid|\/\^|Received/, name);
    }
  }
});

test("stored settings are read leniently: what a newer version has is passed over, what is wrong is the default", () => {
  const stored = { dryRun: true, country: "ZZ", emailDomains: ["x"], rowLimit: 5e9, username: 7 };
  const { country, emailDomains, rowLimit, username } = storedSettings(JSON.stringify(stored));
  assert.deepEqual([country, emailDomains, rowLimit, username], ["ZZ", ["x"], 5e9, "email"]);
  const read = studentIdReader("(a)\\1");
  assert.equal(read("S1"), "S1");
});
