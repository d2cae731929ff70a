/**
 * Placements: the pairs of RequirementGroup and Term that a school's list has.
 */

/** A pair of the school's list as one text; neither value can have a line break in it. */
export function placementKey(requirementGroup: string, term: string): string {
  return `${requirementGroup}\n${term}`;
}

type Pair = readonly [requirementGroup: string, term: string];

/** So many pairs of a list are compared, at most. */
const LOOKED_AT = 1000;

const nearest = new WeakMap<ReadonlySet<string>, Map<string, Pair | undefined>>();

/**
 * The pair on the list that is most likely meant: the same but for letter case and spaces, else one
 * with the same group and a near term, or the same term and a near group; `undefined`: none is near.
 * It is looked for once for each wrong pair, as a whole column is often wrong in the same way.
 */
export function nearPlacement(
  group: string,
  term: string,
  placements: ReadonlySet<string>,
): Pair | undefined {
  const known = nearest.get(placements) ?? new Map<string, Pair | undefined>();
  nearest.set(placements, known);
  const key = placementKey(group, term);
  if (!known.has(key)) {
    if (known.size >= LOOKED_AT) return undefined;
    known.set(key, find(simplified(group), simplified(term), placements));
  }
  return known.get(key);
}

function find(
  group: string,
  term: string,
  placements: ReadonlySet<string>,
): Pair | undefined {
  let best: Pair | undefined;
  let least = 1;
  let looked = 0;
  for (const placement of placements) {
    if (++looked > LOOKED_AT) break;
    const pair = placement.split("\n") as unknown as Pair;
    const groupDistance = distance(group, simplified(pair[0]));
    const termDistance = distance(term, simplified(pair[1]));
    // One of the two is right, or both are nearly so.
    const far = Math.min(groupDistance, termDistance) === 0
      ? Math.max(groupDistance, termDistance)
      : 2 * Math.max(groupDistance, termDistance);
    if (far < least) [best, least] = [pair, far];
  }
  return best;
}

function simplified(text: string): string {
  return text.normalize("NFC").toLowerCase().replace(/[\s._-]+/g, " ").trim().slice(0, 40);
}

/** How different two texts are: 0 the same, 1 nothing in common (by pairs of characters; Dice). */
function distance(a: string, b: string): number {
  if (a === b) return 0;
  const pairs = new Map<string, number>();
  for (let i = 0; i + 1 < a.length; i++) {
    const pair = a.slice(i, i + 2);
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  }
  let common = 0;
  for (let i = 0; i + 1 < b.length; i++) {
    const pair = b.slice(i, i + 2);
    const left = pairs.get(pair) ?? 0;
    if (left === 0) continue;
    pairs.set(pair, left - 1);
    common++;
  }
  const all = Math.max(1, a.length + b.length - 2);
  return 1 - (2 * common) / all;
}
