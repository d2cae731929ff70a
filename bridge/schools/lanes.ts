/** Which lane of a school takes a file, by the name patterns that came with the directory. */
import type { DirectoryLane } from "../../shared/protocol.ts";

/** How a file is packed; `entry` is the pattern of the name of the file in an archive. */
export type Packing = { as: "gzip" } | { as: "zip"; entry: string };

/** A lane that takes a file, and how that is packed. */
export interface Taking {
  lane: string;
  packing: Packing | null;
}

/** The first lane that has a pattern for the name; `undefined`: the file is left alone. */
export function takingOf(lanes: readonly DirectoryLane[], name: string): Taking | undefined {
  for (const { lane, patterns, packed = [] } of lanes) {
    if (patterns.some((pattern) => takes(pattern, name))) return { lane, packing: null };
    for (const { pattern, as, entry } of packed) {
      const packing = takes(pattern, name) ? packingOf(as, entry) : undefined;
      if (packing) return { lane, packing };
    }
  }
}

/** A newer worker may know of others: such files are left alone. */
function packingOf(as: string, entry: string): Packing | undefined {
  if (as === "gzip") return { as };
  return as === "zip" ? { as, entry } : undefined;
}

/**
 * Does the pattern take the name? `*` is any characters; letter case does not count. In one go from
 * left to right: no pattern takes long.
 */
export function takes(pattern: string, name: string): boolean {
  const [first, ...rest] = pattern.toLowerCase().split("*");
  const given = name.toLowerCase();
  if (!given.startsWith(first!)) return false;
  if (rest.length === 0) return given === first;
  const last = rest.pop()!;
  let at = first!.length;
  for (const part of rest) {
    const found = given.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return given.length - last.length >= at && given.endsWith(last);
}
