import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { judgeFile } from "../../../worker/roster/header.ts";

const judge = (text: string, whole = true) =>
  judgeFile(new TextEncoder().encode(text), whole).verdict;

/** `good`, or the verdict and its code. */
const brief = (text: string, whole = true) => {
  const verdict = judge(text, whole);
  if (verdict === undefined || verdict.verdict === "good") return verdict?.verdict;
  return `${verdict.verdict}: ${verdict.problem.code}`;
};

const samples: { header: string; verdict: string }[] = JSON.parse(
  readFileSync(new URL("./headers.json", import.meta.url), "utf8"),
);
const expected: Record<string, string> = {
  "good": "good",
  "good, warning: columns look out of order": "warned: columns_out_of_order",
  "rejected: a column is missing": "rejected: column_missing",
  "rejected: too many columns": "rejected: too_many_columns",
};

for (const { header, verdict } of samples) {
  test(`the header row ${header} is ${verdict}`, () => {
    assert.equal(brief(header), expected[verdict]);
    assert.equal(
      brief(`\ufeff${header}\r\nana@college.edu,1,,,,,,,1\r\n`, false),
      expected[verdict],
    );
    assert.equal(brief(`\n  \r\n${header}\n`), expected[verdict]);
  });
}

test("nine fields, any words, quoted or not, spaces, blanks: good", () => {
  for (
    const header of [
      "a,b,c,d,e,f,g,h,i",
      ",,,,,,,,",
      '"E Mail","Student, Id",c,d,e,f,g,h,"i\nj"',
      " Username , Student Id ,last_name,FIRSTNAME,phone,Date of Birth,g,t,on campus",
    ]
  ) assert.equal(brief(header), "good", header);
});

test("fewer than nine fields, at least one of them blank: an abbreviated header", () => {
  assert.equal(brief("Username,,"), "good");
  assert.equal(brief('Username,"  "'), "good");
  assert.equal(brief("Username"), "rejected: column_missing");
});

test("a rejected header names what is missing, or that the columns at its end are empty", () => {
  const messageOf = (text: string) => {
    const verdict = judge(text);
    assert.equal(verdict?.verdict, "rejected");
    return verdict.problem.message;
  };
  const names = "Username,StudentId,LastName,FirstName,Telephone,Dob,RequirementGroup,Term";
  assert.match(messageOf(names), /has 8 columns .* exactly 9 are expected: .*Missing: OnCampus\./);
  assert.doesNotMatch(messageOf("a,b,c"), /Missing/);
  assert.match(messageOf(`${names},OnCampus,,,`), /has 12 columns.*The last 3 are empty/);
});

test("two or more of the well-known names in another order: a warning that says which", () => {
  const verdict = judge("Surname,Email,x,FirstName,Telephone,Dob,RequirementGroup,Term,OnCampus");
  assert.equal(verdict?.verdict, "warned");
  assert.equal(verdict.problem.severity, "warning");
  assert.match(
    verdict.problem.message,
    /look out of order: Surname is in column 1, where Username belongs; Email is in column 2/,
  );
  assert.equal(brief("Surname,b,c,d,e,f,g,h,i"), "good");
});

test("an empty file has no header row, and neither has one of blank lines", () => {
  for (const text of ["", "\ufeff", "\n \r\n"]) {
    assert.equal(brief(text), "rejected: header_missing");
  }
});

test("a header whose quotes are wrong is rejected; one that is not UTF-8 is not", () => {
  for (const header of ['"Username,StudentId\na,b\n', 'User"name",b,c,d,e,f,g,h,i\n']) {
    assert.equal(brief(header), "rejected: header_unreadable");
  }
  const latin1 = Uint8Array.from("Pr\xe9nom,b,c,d,e,f,g,h,i\n", (c) => c.charCodeAt(0));
  assert.equal(judgeFile(latin1, true).verdict?.verdict, "good");
});

test("nothing is said of a header that has not all arrived", () => {
  assert.equal(judge("Username,StudentId", false), undefined);
});
