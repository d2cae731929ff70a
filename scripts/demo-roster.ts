/** The demo's roster: 20,000 rows, some of them wrong on purpose, each in another way. */
import { makeRoster } from "./made-roster.ts";

/** What the service must find in the demo's roster; the names are the admin API's. */
export interface Expected {
  rows: Record<"read" | "added" | "updated" | "unchanged" | "rejected" | "warnings", number>;
  /** The physical lines of the rows that must be rejected, in order. */
  rejectedLines: number[];
}

export interface DemoRoster {
  bytes: Buffer;
  expected: Expected;
  /** What was done to the rejected rows, in words. */
  mistakes: string[];
}

const columns = [
  "Username",
  "StudentId",
  "LastName",
  "FirstName",
  "Telephone",
  "Dob",
  "RequirementGroup",
  "Term",
  "OnCampus",
] as const;
type Row = Record<(typeof columns)[number], string>;

interface Planted {
  what: string;
  verdict: "rejected" | "warning";
  line: (row: Row) => string | Buffer;
}

const text = (row: Partial<Row>) => columns.map((column) => row[column] ?? "").join(",");
const rejected = (what: string, change: Partial<Row>): Planted => ({
  what,
  verdict: "rejected",
  line: (row) => text({ ...row, ...change }),
});
const warned = (what: string, change: Partial<Row>): Planted => ({
  ...rejected(what, change),
  verdict: "warning",
});
const malformed = (what: string, line: Planted["line"]): Planted => ({
  what,
  verdict: "rejected",
  line,
});

const planted: Planted[] = [
  rejected("a Dob of another format (2004-04-17)", { Dob: "2004-04-17" }),
  rejected("a Dob that is no day of the calendar (02/30/2004)", { Dob: "02/30/2004" }),
  rejected("a Dob in the future (01/01/2090)", { Dob: "01/01/2090" }),
  warned("a RequirementGroup without its Term", { Term: "" }),
  rejected("an OnCampus of 2", { OnCampus: "2" }),
  rejected("no OnCampus", { OnCampus: "" }),
  rejected("no Username", { Username: "" }),
  rejected("a Username that is no e-mail address", { Username: "dana.rivera" }),
  malformed("a quote that is never closed", (row) => text({ ...row, LastName: '"Rivera' })),
  malformed("a quote in the middle of a value", (row) => text({ ...row, LastName: 'Riv"era' })),
  rejected("a StudentId that another student has", { StudentId: "S1X0000000" }),
  rejected("a StudentId with spaces and signs", { StudentId: "# 17 b" }),
  malformed("8 fields", (row) => text(row).replace(/,[^,]*$/, "")),
  malformed("10 fields", (row) => `${text(row)},1`),
  rejected("a Telephone that cannot be one (12)", { Telephone: "12" }),
  malformed(
    "a name in Latin-1",
    (row) => Buffer.from(text({ ...row, LastName: "Garc\u00eda" }), "latin1"),
  ),
  warned("a Term without its RequirementGroup", { RequirementGroup: "" }),
];

/** The same bytes every time. `rows` is at least ten for each planted row. */
export function makeDemoRoster(rows: number): DemoRoster {
  const [header, ...good] = makeRoster(rows, 1).trimEnd().split("\r\n");
  const lines: (string | Buffer)[] = [header!, ...good];
  const distance = Math.floor(rows / planted.length);
  const rejectedLines: number[] = [];
  planted.forEach(({ verdict, line }, number) => {
    const physicalLine = 5 + number * distance; // the header is line 1
    lines[physicalLine - 1] = line({
      Username: `demo.row${number}@college.edu`,
      StudentId: `D${number}`,
      LastName: "Rivera",
      FirstName: "Dana",
      Telephone: "(212) 555-0142",
      Dob: "04/17/2004",
      RequirementGroup: "Undergraduate",
      Term: "Fall 2026",
      OnCampus: "1",
    });
    if (verdict === "rejected") rejectedLines.push(physicalLine);
  });
  const bytes = Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from("\r\n")]));
  const wrong = rejectedLines.length;
  return {
    bytes,
    expected: {
      rows: {
        read: rows,
        added: rows - wrong,
        updated: 0,
        unchanged: 0,
        rejected: wrong,
        warnings: planted.length - wrong,
      },
      rejectedLines,
    },
    mistakes: planted.filter(({ verdict }) => verdict === "rejected").map(({ what }) => what),
  };
}
