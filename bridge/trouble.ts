/**
 * Something that goes wrong for a while. The log has a line when it begins and one when it is over, and
 * none in between, however often it shows itself.
 */
import type { Log } from "../shared/log.ts";

export class Trouble {
  readonly #log: Log;
  #reason: string | undefined;

  /** @param what is wrong, for a person: the disk is full */
  constructor(readonly what: string, log: Log) {
    this.#log = log;
  }

  /** What is wrong now, if anything is. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** It shows itself. */
  seen(reason: string): void {
    if (this.#reason === undefined) this.#log("trouble.begins", { what: this.what, reason });
    this.#reason = reason;
  }

  /** What it would have prevented was done. */
  over(): void {
    if (this.#reason === undefined) return;
    this.#reason = undefined;
    this.#log("trouble.ends", { what: this.what });
  }
}
