import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { COLUMNS } from "../../../worker/roster/columns.ts";
import { placementKey } from "../../../worker/roster/placements.ts";
import { rowReader } from "../../../worker/roster/row.ts";
import { SchoolSettings } from "../../../worker/roster/settings.ts";

const good = {
  Username: "Ana@College.edu",
  StudentId: "S1",
  LastName: "García",
  FirstName: "Ana",
  Telephone: "(212) 555-0123",
  Dob: "02/29/2004",
  RequirementGroup: "Nursing",
  Term: "Fall 2026",
  OnCampus: "1",
};
type Values = Partial<typeof good>;

function read(
  values: Values,
  settings: v.InferInput<typeof SchoolSettings> = {},
  placements?: [string, string][],
) {
  const reader = rowReader(v.parse(SchoolSettings, settings), {
    today: "2026-11-22",
    placements: placements && new Set(placements.map((pair) => placementKey(...pair))),
  });
  const row = { ...good, ...values };
  return reader(COLUMNS.map((column) => row[column]), 7);
}

/** `Column code` of each problem. */
const problemsOf = (...args: Parameters<typeof read>) =>
  read(...args).problems.map(({ column, code }) => `${column} ${code}`);

const messageOf = (...args: Parameters<typeof read>) => read(...args).problems[0]!.message;

test("a row comes out in the form it is stored in", () => {
  assert.deepEqual(read({}), {
    row: {
      line: 7,
      usernameKey: "ana@college.edu",
      username: "Ana@College.edu",
      studentId: "S1",
      lastName: "García",
      firstName: "Ana",
      telephone: "+12125550123",
      dob: "2004-02-29",
      requirementGroup: "Nursing",
      term: "Fall 2026",
      onCampus: 1,
    },
    problems: [],
  });
});

test("a blank optional value is null, and leading and trailing spaces are trimmed", () => {
  const blank = { ...good };
  for (const column of COLUMNS) blank[column] = " ";
  const { row, problems } = read({ ...blank, Username: " a@b.edu ", OnCampus: " 0 " });
  assert.deepEqual(problems, []);
  assert.deepEqual(row, {
    line: 7,
    usernameKey: "a@b.edu",
    username: "a@b.edu",
    studentId: null,
    lastName: null,
    firstName: null,
    telephone: null,
    dob: null,
    requirementGroup: null,
    term: null,
    onCampus: 0,
  });
});

test("a row is applied whole or not at all, and all its errors are reported, by column", () => {
  const reading = read({
    Username: "",
    StudentId: "S-1",
    LastName: "a\tb",
    FirstName: "x".repeat(201),
    Telephone: "555",
    Dob: "1/2/2004",
    RequirementGroup: "Nursing",
    Term: "",
    OnCampus: "yes",
  });
  assert.equal(reading.row, undefined);
  assert.deepEqual(reading.problems.map(({ column, code }) => `${column} ${code}`), [
    "Username username_missing",
    "StudentId student_id_format",
    "LastName control_character",
    "FirstName value_too_long",
    "Telephone telephone_format",
    "Dob dob_format",
    "Term pair_incomplete",
    "OnCampus on_campus_format",
  ]);
  for (const { line } of reading.problems) assert.equal(line, 7);
});

test("Username is the row's key, compared without letter case", () => {
  const keyOf = (Username: string) => read({ Username }, { username: "any" }).row!.usernameKey;
  assert.equal(keyOf("ANA@X.EDU"), keyOf("ana@x.edu"));
  assert.equal(keyOf("Zoe\u0308"), keyOf("ZO\u00cb"));
});

test("Username is an e-mail address by default, and any text where the school says so", () => {
  for (
    const Username of ["a@b.edu", "o'brien+x@sub.college.edu", "jürgen@schüle.de", "a.b-c_d@x-y.co"]
  ) assert.deepEqual(problemsOf({ Username }), [], Username);
  for (
    const Username of [
      "ana",
      "ana@",
      "@b.edu",
      "a b@c.edu",
      "a@b",
      "a@@b.edu",
      "a@b.edu,c",
      "a@.edu",
    ]
  ) {
    assert.deepEqual(problemsOf({ Username }), ["Username username_email"], Username);
    assert.deepEqual(problemsOf({ Username }, { username: "any" }), [], Username);
  }
  assert.match(messageOf({ Username: "ana" }), /^'ana' is not an e-mail address, such as/);
});

test("Username may be limited to e-mail addresses of the school's domains", () => {
  const settings = { emailDomains: ["College.edu"] };
  assert.deepEqual(problemsOf({ Username: "a@COLLEGE.EDU" }, settings), []);
  assert.deepEqual(problemsOf({ Username: "a@x.college.edu" }, settings), [
    "Username username_domain",
  ]);
});

test("Username has at most 254 characters", () => {
  const of = (length: number) => "x".repeat(length - 6) + "@b.edu";
  assert.deepEqual(problemsOf({ Username: of(254) }), []);
  assert.deepEqual(problemsOf({ Username: of(255) }), ["Username value_too_long"]);
  assert.deepEqual(problemsOf({ Username: "🎓".repeat(254) }, { username: "any" }), []);
});

test("StudentId is letters and digits, or what the school's pattern says", () => {
  for (const StudentId of ["1", "S1X0000001", "ñ12"]) {
    assert.deepEqual(problemsOf({ StudentId }), [], StudentId);
  }
  for (const StudentId of ["S-1", "1 2", "#1", "1.5E+10"]) {
    assert.deepEqual(problemsOf({ StudentId }), ["StudentId student_id_format"], StudentId);
  }
  assert.match(messageOf({ StudentId: "1.5E+10" }), /spreadsheet has shortened/);
  const studentIdPattern = "A-\\d{3}|B-\\d{3}";
  assert.deepEqual(problemsOf({ StudentId: "B-123" }, { studentIdPattern }), []);
  // The whole value, not a part of it.
  assert.deepEqual(problemsOf({ StudentId: "A-1234" }, { studentIdPattern }), [
    "StudentId student_id_format",
  ]);
  assert.deepEqual(problemsOf({ StudentId: "1".repeat(65) }), ["StudentId value_too_long"]);
});

test("LastName and FirstName have at most 200 characters and no control characters", () => {
  for (const column of ["LastName", "FirstName"] as const) {
    assert.deepEqual(problemsOf({ [column]: "李".repeat(200) }), []);
    assert.deepEqual(problemsOf({ [column]: "x".repeat(201) }), [`${column} value_too_long`]);
    for (const value of ["a\nb", "a\u0007b", "a\u0085b"]) {
      assert.deepEqual(problemsOf({ [column]: value }), [`${column} control_character`]);
    }
  }
  assert.match(messageOf({ LastName: "a\r\nb" }), /^'a<CR><LF>\.\.\.' has a line break/);
});

test("Dob is MM/DD/YYYY, two, two and four digits; any other format is rejected", () => {
  for (
    const [Dob, hint] of [
      ["2/9/2004", /Write 02\/09\/2004\./],
      ["2004-02-09", /Write 02\/09\/2004\./],
      ["38026", /spreadsheet's number/],
      ["Feb 9, 2004", /MM\/DD\/YYYY/],
      ["0２/09/2004", /MM\/DD\/YYYY/],
    ] as const
  ) {
    assert.deepEqual(problemsOf({ Dob }), ["Dob dob_format"], Dob);
    assert.match(messageOf({ Dob }), hint);
  }
});

test("a wrongly written Dob is told how to be written, and that it can be several days where it can", () => {
  const format = /is not written MM\/DD\/YYYY \(two, two and four digits\)\.(.*)$/;
  const hints: [string, string][] = [
    ["09-30-2004", " Write 09/30/2004."],
    ["30.9.2004", " Write 09/30/2004."],
    ["9-9-2004", " Write 09/09/2004."],
    ["2004/9/30", " Write 09/30/2004."],
    ["9/3/2004", " Write 09/03/2004."],
    ["30/9/2004", " Write 09/30/2004."],
    ["9/30/2004 12:00:00 AM", " Write 09/30/2004."],
    ["09-10-2004", " It can be 09/10/2004 or 10/09/2004: write which."],
    ["12-11-2026", " Write 11/12/2026."],
    ["9/30/84", " The year needs four digits. Write 09/30/1984."],
    [
      "9/30/04",
      " The year needs four digits. It can be 09/30/2004 or 09/30/1904: write which.",
    ],
    [
      "04-11-84",
      " The year needs four digits. It can be 04/11/1984 or 11/04/1984: write which.",
    ],
    ["84-11-14", " The year needs four digits. Write 11/14/1984."],
    ["2/29/03", " The year needs four digits."],
    ["31-04-2004", ""],
    ["2099-01-01", ""],
    ["1899-12-31", ""],
    ["1-2/2004", ""],
    ["1-2-204", ""],
  ];
  for (const [Dob, hint] of hints) {
    assert.deepEqual(problemsOf({ Dob }), ["Dob dob_format"], Dob);
    assert.equal(format.exec(messageOf({ Dob }))?.[1], hint, Dob);
  }
});

test("Dob is a real calendar date, not in the future, not before 1900", () => {
  const codes: [string, string[]][] = [
    ["02/29/2004", []],
    ["02/29/2000", []],
    ["02/29/1900", ["Dob dob_impossible"]],
    ["02/29/2023", ["Dob dob_impossible"]],
    ["00/10/2004", ["Dob dob_impossible"]],
    ["04/31/2004", ["Dob dob_impossible"]],
    ["13/05/2004", ["Dob dob_impossible"]],
    ["11/22/2026", []],
    ["11/23/2026", ["Dob dob_future"]],
    ["01/01/1900", []],
    ["12/31/1899", ["Dob dob_too_early"]],
    ["01/01/0000", ["Dob dob_too_early"]],
  ];
  for (const [Dob, expected] of codes) assert.deepEqual(problemsOf({ Dob }), expected, Dob);
  assert.match(messageOf({ Dob: "13/05/2004" }), /wrong way round/);
});

test("RequirementGroup and Term, one without the other: warning, both skipped", () => {
  for (
    const [column, values] of [["Term", { Term: "" }], ["RequirementGroup", {
      RequirementGroup: "",
    }]] as const
  ) {
    const { row, problems } = read(values, {}, [["Other", "Other"]]);
    assert.deepEqual([row?.requirementGroup, row?.term], [null, null]);
    assert.deepEqual(problems.map((p) => `${p.column} ${p.severity} ${p.code}`), [
      `${column} warning pair_incomplete`,
    ]);
  }
});

test("RequirementGroup and Term must be a pair on the school's list, if it has one", () => {
  const list: [string, string][] = [["Nursing", "Fall 2026"], ["Graduate", "Spring 2027"]];
  assert.deepEqual(problemsOf({}, {}, list), []);
  assert.deepEqual(problemsOf({ Term: "Spring 2027" }, {}, list), [
    "RequirementGroup placement_unknown",
  ]);
  assert.equal(read({ Term: "Spring 2027" }, {}, list).row, undefined);
  assert.deepEqual(problemsOf({ RequirementGroup: "", Term: "" }, {}, list), []);
});

test("OnCampus is required, exactly 0 or 1, unless the school says that it may be blank", () => {
  assert.deepEqual(problemsOf({ OnCampus: "" }), ["OnCampus on_campus_missing"]);
  for (const OnCampus of ["2", "01", "true", "1.0", "１"]) {
    assert.deepEqual(problemsOf({ OnCampus }), ["OnCampus on_campus_format"], OnCampus);
  }
  const settings = { onCampusRequired: false };
  assert.equal(read({ OnCampus: "" }, settings).row?.onCampus, null);
  assert.deepEqual(problemsOf({ OnCampus: "x" }, settings), ["OnCampus on_campus_format"]);
});

test("a header repeated in the middle has a code of its own", () => {
  const reader = rowReader(v.parse(SchoolSettings, { username: "any", onCampusRequired: false }), {
    today: "2026-11-22",
    placements: undefined,
  });
  const again = [
    "Email",
    "CWID",
    "Surname",
    "Givenname",
    "Phone",
    "Bob",
    "Group",
    "Term",
    "OnCampus",
  ];
  for (const header of [COLUMNS, again]) {
    const { row, problems } = reader(header, 9);
    assert.equal(row, undefined);
    assert.deepEqual(problems.map(({ line, code }) => [line, code]), [[9, "header_repeated"]]);
  }
});

test("a message shows the value shortened, with what cannot be seen spelled out", () => {
  const message = messageOf({ Username: `a\u200b@${"🎓".repeat(300)}` }, { username: "email" });
  assert.match(message, /^'a<U\+200B>@(?:🎓){57}\.\.\.' has 303 characters; at most 254/);
});
