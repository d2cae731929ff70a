/**
 * Which Usernames a file had so far, to warn of one that comes twice. Each slice leaves a small
 * index of its rows: 12 bytes a row, a hash and the line. Two Usernames with one hash are as good as
 * impossible by chance, and would cost a wrong warning, never a row.
 */

export interface SeenRow {
  usernameKey: string;
  line: number;
}

/** The index of a slice: little-endian 32-bit words, three a row: hash low, hash high, line. */
export function writeSeen(rows: readonly SeenRow[]): Uint8Array {
  const words = new Uint32Array(rows.length * 3);
  rows.forEach(({ usernameKey, line }, index) => {
    const [low, high] = hash(usernameKey);
    words.set([low, high, line], index * 3);
  });
  return new Uint8Array(words.buffer);
}

/** For each row that an earlier slice has too: the last line it had there, by the row's key. */
export function findSeen(
  rows: readonly SeenRow[],
  earlier: readonly Uint8Array[],
): Map<string, number> {
  const found = new Map<string, number>();
  if (earlier.length === 0) return found;
  const keys = new Map<number, string>();
  for (const { usernameKey } of rows) keys.set(joined(...hash(usernameKey)), usernameKey);
  for (const index of earlier) {
    const words = new Uint32Array(index.slice().buffer);
    for (let at = 0; at < words.length; at += 3) {
      const key = keys.get(joined(words[at]!, words[at + 1]!));
      if (key !== undefined) found.set(key, words[at + 2]!);
    }
  }
  return found;
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
