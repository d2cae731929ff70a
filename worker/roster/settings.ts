/**
 * A school's settings: what its rosters may look like. Every one has a default. What people give is
 * checked strictly, so that no setting makes every row fail; what is stored is read leniently, as a
 * newer or an older version may have written it.
 */
import { isSupportedCountry } from "libphonenumber-js/min";
import * as v from "valibot";
import { oneLine, strictObject } from "../given.ts";
import { networkFault } from "../../shared/networks.ts";
import { isZone } from "../zones.ts";
import { COLUMNS, simplified } from "./columns.ts";
import { patternFault } from "./values/student-id.ts";

/** A school may have so many domains. */
const DOMAINS = 100;
/**
 * A roster may be allowed so many rows: more than that is no school, and what is known of the Usernames of
 * earlier slices stays within what a remote database answers at once (10 MB).
 */
const MOST_ROWS = 500_000;

const domainSentence = "a domain is written like college.edu: letters, digits, hyphens and at " +
  "least one dot, without @, http:// or a path";

const Domain = v.pipe(
  v.string(domainSentence),
  v.trim(),
  v.toLowerCase(),
  v.maxLength(253, domainSentence),
  v.regex(
    /^(?:[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])?\.)+[\p{L}\p{N}][\p{L}\p{M}\p{N}-]*$/u,
    domainSentence,
  ),
);

const Country = v.pipe(
  v.string(countrySentence("")),
  v.check(isSupportedCountry, ({ input }) => countrySentence(input)),
);

function countrySentence(country: string): string {
  const sentence = "a country is the two capital letters of ISO 3166 of one that has telephone " +
    "numbers, such as US, CA or GB";
  const upper = country.toUpperCase();
  const meant = upper === "UK" ? "GB" : isSupportedCountry(upper) ? upper : undefined;
  return meant === undefined ? sentence : `${sentence}; did you mean ${meant}?`;
}

const patternSentence =
  "a pattern is a regular expression of at most 200 characters; empty: letters and digits";
const rowLimitSentence = `a row limit is a whole number from 1 to ${MOST_ROWS}`;

const percentSentence = "a limit is a number of percent from 0 to 100, such as 25";
/** `null`: none, so that a change of settings can take one back. */
const Percent = v.nullish(
  v.pipe(
    v.number(percentSentence),
    v.minValue(0, percentSentence),
    v.maxValue(100, percentSentence),
  ),
);
const limitsSentence = 'limits are an object, such as {"changedPercent":75,"removedPercent":10}';

/** What makes the worker hold a file until an administrator decides (SPEC section 9). */
const HoldWhen = strictObject({
  /** Of the school's active students, those that the file would change. */
  changedPercent: Percent,
  /** Of the school's active students, those that the file would make inactive. */
  removedPercent: Percent,
  /** Of the file's rows, those that are rejected. */
  rejectedPercent: Percent,
  /** So many fewer rows than the last file that was applied. */
  fewerRowsPercent: Percent,
  /** The header names well-known columns in another order. */
  headerOutOfOrder: v.nullish(v.boolean("headerOutOfOrder is true or false")),
}, limitsSentence);
export type HoldWhen = v.InferOutput<typeof HoldWhen>;

const daySentence = "a day is one of the calendar, written like 2027-06-15";
const Day = v.pipe(
  v.string(daySentence),
  v.isoDate(daySentence),
  v.check(isRealDay, daySentence),
);

/** JavaScript by itself reads February 30 as March 2. */
function isRealDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

/** A school has at most so many pauses. */
const PAUSES = 50;
const pauseSentence =
  'a pause is such as {"from":"2027-06-15","to":"2027-08-20","kind":"hold"}; both days belong to it';

const Pause = v.pipe(
  strictObject({
    from: Day,
    to: Day,
    /** `hold`: files are held, and at its end the newest goes on; `additions`: only new students are. */
    kind: v.picklist(
      ["hold", "additions"],
      "a pause is of the kind hold (all files wait) or additions (only new students are added)",
    ),
  }, pauseSentence),
  v.check(({ from, to }) => from <= to, "a pause does not end before it begins"),
);
export type Pause = v.InferOutput<typeof Pause>;

const zoneSentence = "a time zone is its full name, such as America/New_York, Europe/Berlin or UTC";
const Timezone = v.pipe(
  v.string(zoneSentence),
  v.check(
    isZone,
    ({ input }) =>
      `"${input.slice(0, 60)}" is no time zone that this service knows; ${zoneSentence}`,
  ),
);

const expectSentence = 'such as {"when":"every weekday at 6 pm","timezone":"America/New_York"}';
const daysSentence = "days are a whole number from 1 to 60, or 0 for never";

const namesSentence = "the school's own names of columns are a list for each column, such as " +
  '{"Username":["Net ID"]}, with at most 20 names of 1 to 100 characters; no name is of two columns';
const ColumnName = v.pipe(
  oneLine(namesSentence),
  v.minLength(1, namesSentence),
  v.maxLength(100, namesSentence),
);
const ColumnNames = v.pipe(
  v.partial(
    strictObject(
      v.entriesFromList(
        COLUMNS,
        v.pipe(v.array(ColumnName, namesSentence), v.maxLength(20, namesSentence)),
      ),
      namesSentence,
    ),
  ),
  v.check((given) => {
    const names = Object.values(given).flat().map(simplified);
    return names.every((name) => name !== "") && new Set(names).size === names.length;
  }, namesSentence),
);
type ColumnNames = v.InferOutput<typeof ColumnNames>;

const addressesSentence = 'addresses are a list, such as ["192.0.2.0/24","2001:db8::/32"]';

/** Networks that logins may come from, of a school or a key. */
export const AllowedAddresses = v.pipe(
  v.array(
    v.pipe(
      v.string(addressesSentence),
      v.trim(),
      v.toLowerCase(),
      v.check(
        (text) => networkFault(text) === undefined,
        ({ input }) => networkFault(input) ?? addressesSentence,
      ),
    ),
    addressesSentence,
  ),
  v.maxLength(100, "a school, or a key, is limited to at most 100 addresses and networks"),
);

/** The settings as people give them. */
export const SchoolSettings = strictObject({
  /** `email`: a Username must be an e-mail address; `any`: any text. */
  username: v.optional(
    v.picklist(["email", "any"], "a Username is email (an e-mail address) or any (any text)"),
    "email",
  ),
  /** How columns are found: the nine by position, or by the names in the header row. */
  columns: v.optional(
    v.picklist(
      ["position", "header"],
      "columns are found by position (exactly nine, in their order) or by header (by their names)",
    ),
    "position",
  ),
  /** With `header`: what the school calls the columns, beside the well-known names. */
  columnNames: v.optional(ColumnNames, {}),
  /** With `email`: only addresses of these domains (subdomains are not included). */
  emailDomains: v.optional(
    v.pipe(
      v.array(Domain, 'domains are a list, such as ["college.edu"]'),
      v.maxLength(DOMAINS, `a school has at most ${DOMAINS} domains`),
    ),
    [],
  ),
  /** A regular expression (RE2) that a whole StudentId must match; empty: letters and digits. */
  studentIdPattern: v.optional(
    v.pipe(
      v.string(patternSentence),
      v.maxLength(200, patternSentence),
      v.check((pattern) => patternFault(pattern) === undefined, (issue) => {
        return patternFault(issue.input) ?? patternSentence;
      }),
    ),
    "",
  ),
  /** ISO 3166 country whose national telephone numbers are understood. */
  country: v.optional(Country, "US"),
  onCampusRequired: v.optional(v.boolean("whether OnCampus is required is true or false"), true),
  /** Rows of one file after this many are not processed. */
  rowLimit: v.optional(
    v.pipe(
      v.number(rowLimitSentence),
      v.integer(rowLimitSentence),
      v.minValue(1, rowLimitSentence),
      v.maxValue(MOST_ROWS, rowLimitSentence),
    ),
    50_000,
  ),
  /** What an export with nothing new makes: a file with the header only, or none. */
  emptyExports: v.optional(
    v.picklist(
      ["header", "skip"],
      "an export with nothing new is header (a file with the header only) or skip (no file)",
    ),
    "header",
  ),
  /** `snapshot`: a file is the whole truth, and who is not in it becomes inactive. */
  mode: v.optional(
    v.picklist(
      ["update", "snapshot"],
      "a file is an update (of those it names) or a snapshot (of all students there are)",
    ),
    "update",
  ),
  /** Files are checked and reported on, and nothing is applied. */
  dryRun: v.optional(v.boolean("whether files are only checked is true or false"), false),
  holdWhen: v.optional(HoldWhen, {}),
  pauses: v.optional(
    v.pipe(
      v.array(Pause, `pauses are a list: ${pauseSentence}`),
      v.maxLength(PAUSES, `a school has at most ${PAUSES} pauses`),
    ),
    [],
  ),
  /** Where the school's days begin and end: those of its pauses. */
  timezone: v.optional(Timezone, "UTC"),
  /** Where its people may come from: addresses and networks; none: from anywhere. */
  allowedAddresses: v.optional(AllowedAddresses, []),
  /** When a roster is expected, in the words of a schedule: then one that does not come is told of. */
  expectEvery: v.optional(
    strictObject(
      { when: v.string(expectSentence), timezone: v.string(expectSentence) },
      expectSentence,
    ),
  ),
  /** An export that is not fetched within so many days is told of; 0: never. */
  notDownloadedAfterDays: v.optional(
    v.pipe(
      v.number(daysSentence),
      v.integer(daysSentence),
      v.minValue(0, daysSentence),
      v.maxValue(60, daysSentence),
    ),
    7,
  ),
});
export type SchoolSettings = v.InferOutput<typeof SchoolSettings>;

const StoredPercent = v.fallback(v.optional(v.number()), undefined);

/** The same without the rules for people; a setting of another kind counts as left out. */
const Stored = v.object({
  username: v.fallback(v.optional(v.picklist(["email", "any"]), "email"), "email"),
  columns: v.fallback(v.optional(v.picklist(["position", "header"]), "position"), "position"),
  columnNames: v.fallback(
    v.optional(v.record(v.string(), v.array(v.string())), {}) as v.GenericSchema<ColumnNames>,
    {},
  ),
  emailDomains: v.fallback(v.optional(v.array(v.string()), []), []),
  studentIdPattern: v.fallback(v.optional(v.string(), ""), ""),
  country: v.fallback(v.optional(v.string(), "US"), "US"),
  onCampusRequired: v.fallback(v.optional(v.boolean(), true), true),
  rowLimit: v.fallback(v.optional(v.pipe(v.number(), v.minValue(1)), 50_000), 50_000),
  emptyExports: v.fallback(v.optional(v.picklist(["header", "skip"]), "header"), "header"),
  mode: v.fallback(v.optional(v.picklist(["update", "snapshot"]), "update"), "update"),
  dryRun: v.fallback(v.optional(v.boolean(), false), false),
  holdWhen: v.fallback(
    v.optional(
      v.object({
        changedPercent: StoredPercent,
        removedPercent: StoredPercent,
        rejectedPercent: StoredPercent,
        fewerRowsPercent: StoredPercent,
        headerOutOfOrder: v.fallback(v.optional(v.boolean()), undefined),
      }),
      {},
    ),
    {},
  ),
  pauses: v.fallback(
    v.optional(
      v.array(
        v.object({ from: v.string(), to: v.string(), kind: v.picklist(["hold", "additions"]) }),
      ),
      [],
    ),
    [],
  ),
  timezone: v.fallback(v.optional(v.string(), "UTC"), "UTC"),
  allowedAddresses: v.fallback(v.optional(v.array(v.string()), []), []),
  expectEvery: v.fallback(
    v.optional(v.object({ when: v.string(), timezone: v.string() })),
    undefined,
  ),
  notDownloadedAfterDays: v.fallback(v.optional(v.number(), 7), 7),
});

/** Reads settings as they are stored, JSON; what is not known is passed over. */
export function storedSettings(json: string): SchoolSettings {
  return v.parse(Stored, JSON.parse(json));
}
