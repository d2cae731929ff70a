/**
 * A Username that comes twice in one file: the later row wins, with a warning that names the earlier
 * line. Each slice leaves a small index of its rows for those to come: 12 bytes a row, a hash and the
 * line. A row of the database for each Username would cost a roster a third of its speed. Two Usernames
 * with one hash are as good as impossible by chance, and would cost a wrong warning, never a row.
 */
import { type Problem, problem } from "./problems.ts";

/** A row as far as it is looked at here. */
export interface NamingRow {
  usernameKey: string;
  username: string;
  line: number;
}

export interface Naming {
  /** Of each Username that comes twice, in this slice or in an earlier one. */
  warnings: Problem[];
  /** Is a Username twice in this slice itself? */
  isRepeatedHere: boolean;
  /** Little-endian 32-bit words, three a row: hash low, hash high, line. */
  index: Uint8Array;
}

/** @param earlier the indexes of the slices before, in the order of the file */
export function namesOf(rows: readonly NamingRow[], earlier: readonly Uint8Array[]): Naming {
  const hashes = rows.map(({ usernameKey }) => hash(usernameKey));
  const lines = earlierLines(hashes, earlier);
  const here = new Map<string, number>();
  const warnings: Problem[] = [];
  const words = new Uint32Array(rows.length * 3);
  rows.forEach(({ usernameKey, username, line }, at) => {
    const [low, high] = hashes[at]!;
    words.set([low, high, line], at * 3);
    const before = here.get(usernameKey) ?? lines.get(joined(low, high));
    if (before !== undefined) warnings.push(repeated({ line, username }, before));
    here.set(usernameKey, line);
  });
  return {
    warnings,
    isRepeatedHere: here.size < rows.length,
    index: new Uint8Array(words.buffer),
  };
}

/** The last line that earlier slices have of each of these hashes. */
function earlierLines(
  hashes: readonly [number, number][],
  earlier: readonly Uint8Array[],
): Map<number, number> {
  const found = new Map<number, number>();
  if (earlier.length === 0) return found;
  const wanted = new Set(hashes.map(([low, high]) => joined(low, high)));
  for (const index of earlier) {
    const words = new Uint32Array(index.slice().buffer);
    for (let at = 0; at < words.length; at += 3) {
      const key = joined(words[at]!, words[at + 1]!);
      if (wanted.has(key)) found.set(key, words[at + 2]!);
    }
  }
  return found;
}

function repeated(where: { line: number; username: string }, earlier: number): Problem {
  return problem(
    { ...where, column: "Username" },
    "username_repeated",
    `This Username is already in line ${earlier} of this file. Rows are read in their order, so the ` +
      "later row wins.",
  );
}

/** 53 bits that stand for a text. */
export function textHash(text: string): number {
  return joined(...hash(text));
}

function joined(low: number, high: number): number {
  return high * 2 ** 32 + low;
}

/** 53 bits in two words: two multiplicative hashes of the UTF-16 units, mixed at the end. */
function hash(text: string): [number, number] {
  let a = 0x9e3779b1, b = 0x85ebca77;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x5bd1e995);
    b ^= b >>> 15;
  }
  a = Math.imul(a ^ (a >>> 16) ^ b, 0xc2b2ae35);
  b = Math.imul(b ^ (b >>> 13) ^ a, 0x27d4eb2f);
  return [(a ^ (a >>> 16)) >>> 0, (b >>> 0) & 0x1fffff];
}
