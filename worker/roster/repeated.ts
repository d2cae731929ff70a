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
  const words = new Uint32Array(rows.length * 3);
  rows.forEach(({ usernameKey, line }, at) => {
    const [low, high] = hash(usernameKey);
    words.set([low, high, line], at * 3);
  });
  const firsts = new FirstRows(words);
  // Of each first row of a Username, the line that it was last seen on; 0: on none so far.
  const lines = new Uint32Array(rows.length);
  for (const index of earlier) {
    // A copy, as words cannot be read from any place of a buffer.
    const before = new Uint32Array(index.slice().buffer);
    for (let at = 0; at < before.length; at += 3) {
      const first = firsts.find(before[at]!, before[at + 1]!);
      if (first !== undefined) lines[first] = before[at + 2]!;
    }
  }
  const warnings: Problem[] = [];
  rows.forEach(({ username, line }, at) => {
    const first = firsts.of[at]!;
    if (lines[first]! > 0) warnings.push(repeated({ line, username }, lines[first]!));
    lines[first] = line;
  });
  return { warnings, isRepeatedHere: firsts.isShared, index: new Uint8Array(words.buffer) };
}

/** Which row of an index is the first of its hash: a table with open addressing, of numbers alone. */
class FirstRows {
  /** Of each row, the first that has its hash. */
  readonly of: Uint32Array;
  /** Has one of them another one's hash? */
  readonly isShared: boolean;
  readonly #words: Uint32Array;
  /** The number of a row, from 1; 0: free. At most half of them are taken. */
  readonly #places: Uint32Array;

  constructor(words: Uint32Array) {
    const count = words.length / 3;
    this.#words = words;
    this.#places = new Uint32Array(2 ** Math.ceil(Math.log2(count * 2 + 1)));
    this.of = new Uint32Array(count);
    this.isShared = false;
    for (let row = 0; row < count; row++) {
      const place = this.#place(words[row * 3]!, words[row * 3 + 1]!);
      if (this.#places[place] === 0) this.#places[place] = row + 1;
      else this.isShared = true;
      this.of[row] = this.#places[place]! - 1;
    }
  }

  find(low: number, high: number): number | undefined {
    const taken = this.#places[this.#place(low, high)]!;
    return taken === 0 ? undefined : taken - 1;
  }

  /** Where the hash stands, or would. The step is odd, so that it comes to all places. */
  #place(low: number, high: number): number {
    const words = this.#words;
    const places = this.#places;
    const mask = places.length - 1;
    let place = low & mask;
    for (let taken = places[place]!; taken > 0; taken = places[place]!) {
      const at = (taken - 1) * 3;
      if (words[at] === low && words[at + 1] === high) break;
      place = (place + (high | 1)) & mask;
    }
    return place;
  }
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
  const [low, high] = hash(text);
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
