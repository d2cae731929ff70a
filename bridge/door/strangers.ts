/**
 * Who stands at the door and has not logged in yet. There is room for so many in all and of one source;
 * when it is short, somebody gives way: of the source that has most, whoever has come least far, and
 * of these the oldest. So a flood from one address pushes out its own connections, silent ones
 * first, and a school that is far away has the time that its login takes.
 */

/** How far a stranger has come: it speaks once it has introduced itself. */
export const stages = ["silent", "speaking", "keys exchanged"] as const;
export type Stage = typeof stages[number];

export interface Stranger {
  readonly source: string;
  stage: Stage;
}

export class Strangers<Kind extends Stranger> {
  readonly #most: { all: number; ofSource: number };
  readonly #bySource = new Map<string, Set<Kind>>();
  #count = 0;

  constructor(most: { all: number; ofSource: number }) {
    this.#most = most;
  }

  get count(): number {
    return this.#count;
  }

  [Symbol.iterator](): Iterator<Kind> {
    return [...this.#bySource.values()].flatMap((of) => [...of])[Symbol.iterator]();
  }

  /** Lets one more in; who gives way for it, and is no longer here, if anybody must. */
  add(newcomer: Kind): Kind | undefined {
    const own = this.#bySource.get(newcomer.source);
    const givesWay = own && own.size >= this.#most.ofSource
      ? leastFar(own)
      : this.#count >= this.#most.all
      ? leastFar(this.#mostOfOneSource())
      : undefined;
    if (givesWay) this.delete(givesWay);
    const now = this.#bySource.get(newcomer.source);
    if (now) now.add(newcomer);
    else this.#bySource.set(newcomer.source, new Set([newcomer]));
    this.#count++;
    return givesWay;
  }

  /** It logged in or went away. */
  delete(stranger: Kind): boolean {
    const own = this.#bySource.get(stranger.source);
    if (!own?.delete(stranger)) return false;
    if (own.size === 0) this.#bySource.delete(stranger.source);
    this.#count--;
    return true;
  }

  /** All strangers where no source has more than one. */
  #mostOfOneSource(): Iterable<Kind> {
    let most: Set<Kind> | undefined;
    for (const of of this.#bySource.values()) if (!most || of.size > most.size) most = of;
    return most!.size > 1 ? most! : [...this.#bySource.values()].flatMap((of) => [...of]);
  }
}

function leastFar<Kind extends Stranger>(strangers: Iterable<Kind>): Kind {
  const inOrder = [...strangers];
  for (const stage of stages) {
    const first = inOrder.find((stranger) => stranger.stage === stage);
    if (first) return first;
  }
  throw new Error("nobody is there");
}
