/**
 * A Username that comes twice in one file: the later row wins, with a warning that names the earlier
 * line. Within a slice that is seen here; of earlier slices the database has a hash of each Username
 * and its last line, and makes the warning itself while it writes the slice. Two Usernames with one
 * hash are as good as impossible by chance, and would cost a wrong warning, never a row.
 */
import { type Problem, problem } from "./problems.ts";

/** A row as far as it is looked at here. */
export interface NamingRow {
  usernameKey: string;
  username: string;
  line: number;
}

/** The Usernames of a slice's rows, each once. */
export type SliceUsernames = readonly {
  /** 53 bits. */
  hash: number;
  /** As the first row of the slice that has it writes it, and that row's line. */
  username: string;
  firstLine: number;
  lastLine: number;
}[];

/** The Usernames of rows and the warnings of those that come twice among them. */
export function namesOf(
  rows: readonly NamingRow[],
): { usernames: SliceUsernames; warnings: Problem[] } {
  const found = new Map<string, { username: string; firstLine: number; lastLine: number }>();
  const warnings: Problem[] = [];
  for (const { usernameKey, username, line } of rows) {
    const earlier = found.get(usernameKey);
    if (earlier === undefined) {
      found.set(usernameKey, { username, firstLine: line, lastLine: line });
      continue;
    }
    warnings.push(repeatedProblem({ line, username }, earlier.lastLine));
    earlier.lastLine = line;
  }
  return {
    usernames: Array.from(found, ([key, rest]) => ({ hash: hash(key), ...rest })),
    warnings,
  };
}

function repeatedProblem(where: { line: number; username: string }, earlier: number): Problem {
  const [before, after] = repeatedMessage;
  const message = `${before}${earlier}${after}`;
  return problem({ ...where, column: "Username" }, "username_repeated", message);
}

/** What is said before and after the earlier line's number. */
export const repeatedMessage = [
  "This Username is already in line ",
  " of this file. Rows are read in their order, so the later row wins.",
] as const;

/** Two multiplicative hashes of the UTF-16 units, mixed at the end. */
function hash(text: string): number {
  let a = 0x9e3779b1, b = 0x85ebca77;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x5bd1e995);
    b ^= b >>> 15;
  }
  a = Math.imul(a ^ (a >>> 16) ^ b, 0xc2b2ae35);
  b = Math.imul(b ^ (b >>> 13) ^ a, 0x27d4eb2f);
  return ((b >>> 0) & 0x1fffff) * 2 ** 32 + ((a ^ (a >>> 16)) >>> 0);
}
