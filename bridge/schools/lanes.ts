/** Which lane of a school takes a file, by the name patterns that came with the directory. */
import type { DirectoryLane } from "../../shared/protocol.ts";

/** The first lane that has a pattern for the name; `undefined`: the file is left alone. */
export function laneOf(lanes: readonly DirectoryLane[], name: string): string | undefined {
  return lanes.find(({ patterns }) => patterns.some((pattern) => takes(pattern, name)))?.lane;
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
