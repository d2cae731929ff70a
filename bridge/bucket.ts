/**
 * Token buckets: so much at once, and then so much a second. One may go into debt, and what is owed is
 * paid by waiting.
 */

export interface Rate {
  /** What may be taken at once by who took nothing for long; 0 or more. */
  burst: number;
  /** What comes back each second; more than 0. */
  perSecond: number;
}

export class Bucket {
  readonly #rate: Rate;
  readonly #now: () => number;
  #level: number;
  #at: number;

  /** @param now milliseconds, of a clock that does not go back */
  constructor(rate: Rate, now: () => number) {
    this.#rate = rate;
    this.#now = now;
    this.#level = rate.burst;
    this.#at = now();
  }

  /** Takes so much; how long to wait until nothing is owed, in milliseconds. */
  take(amount: number): number {
    this.#refill();
    this.#level -= amount;
    return this.debtMs;
  }

  /** Takes so much only if it is there. */
  tryTake(amount: number): boolean {
    this.#refill();
    if (this.#level < amount) return false;
    this.#level -= amount;
    return true;
  }

  giveBack(amount: number): void {
    this.#refill();
    this.#level = Math.min(this.#rate.burst, this.#level + amount);
  }

  get debtMs(): number {
    this.#refill();
    return this.#level >= 0 ? 0 : Math.ceil(-this.#level / this.#rate.perSecond * 1000);
  }

  /** How long until so much is there, in milliseconds. */
  msUntil(amount: number): number {
    this.#refill();
    return Math.max(0, Math.ceil((amount - this.#level) / this.#rate.perSecond * 1000));
  }

  /** Nothing was taken for so long that it is as good as new. */
  get isFull(): boolean {
    this.#refill();
    return this.#level >= this.#rate.burst;
  }

  #refill(): void {
    const now = this.#now();
    const since = Math.max(0, now - this.#at) / 1000;
    this.#at = now;
    this.#level = Math.min(this.#rate.burst, this.#level + since * this.#rate.perSecond);
  }
}
