/**
 * What the worker wants of the bridge, in a queue of its own. Schools take turns; a command that fails
 * waits alone and grows more patient, and all others go past it.
 */
import * as v from "valibot";
import type { Log } from "../../../shared/log.ts";
import { AnyCommand, Command, type Outcome, type SchoolId } from "../../../shared/protocol.ts";
import { backoffMs } from "../backoff.ts";
import type { CommandContext, Handler } from "./command.ts";
import { deliver } from "./deliver.ts";
import { purge } from "./purge.ts";
import { remove } from "./remove.ts";
import { resume } from "./resume.ts";
import { rotateKey } from "./rotate-key.ts";

export interface CommandsOptions extends Omit<CommandContext, "done"> {
  /** How many schools' commands are carried out at a time. */
  concurrency: number;
  now(): number;
  random(): number;
  log: Log;
  slugOf(schoolId: SchoolId): string | undefined;
  /** There is an acknowledgement to tell. */
  acknowledged(): void;
}

/** The bridge has at most so many commands in hand. */
const MOST = 2_000;

/** What carries out each command. */
export const handlers: { [Type in Command["type"]]: Handler<Type> } = {
  ...{ deliver, remove, purge, resume },
  rotate_key: rotateKey,
};

interface Waiting {
  command: Command;
  failures: number;
  timer?: NodeJS.Timeout | undefined;
}

export class Commands {
  readonly #options: CommandsOptions;
  /** By school, in the order of their turns; of each school in the order they came. */
  readonly #schools = new Map<SchoolId, Map<string, Waiting>>();
  readonly #running = new Map<SchoolId, Promise<void>>();
  #size = 0;
  #stopped = false;

  constructor(options: CommandsOptions) {
    this.#options = options;
  }

  /** The commands in hand, and those whose acknowledgement the worker has yet to hear. */
  known(): string[] {
    const known: string[] = [];
    for (const waiting of this.#schools.values()) known.push(...waiting.keys());
    for (const { id } of this.#options.vault.catalog.commands.some(MOST)) known.push(id);
    return known;
  }

  room(): number {
    return Math.max(0, MOST - this.#size);
  }

  get length(): number {
    return this.#size;
  }

  /** Reads each by itself: one that is not understood costs no other. */
  add(commands: readonly unknown[]): void {
    for (const given of commands) this.#read(given);
    this.#startNext();
  }

  /** The worker is back: what waits after a failure tries again at once. */
  wake(): void {
    for (const school of this.#schools.values()) {
      for (const waiting of school.values()) {
        clearTimeout(waiting.timer);
        waiting.timer = undefined;
      }
    }
    this.#startNext();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const school of this.#schools.values()) {
      for (const { timer } of school.values()) clearTimeout(timer);
    }
    await Promise.all(this.#running.values());
  }

  #read(given: unknown): void {
    const { log, vault, acknowledged } = this.#options;
    const command = v.safeParse(Command, given);
    if (command.success) return this.#enter(command.output);
    const head = v.safeParse(AnyCommand, given);
    if (!head.success) return log("command.not_understood", { reason: "it has no id or no type" });
    const { id, type } = head.output;
    if (vault.catalog.commands.has(id)) return;
    log("command.not_understood", { command: id, type });
    const why = `this bridge does not understand ${
      JSON.stringify(type).slice(0, 100)
    } as it was asked`;
    vault.catalog.commands.record({ id, at: this.#at(), outcome: "not_understood", why });
    acknowledged();
  }

  #enter(command: Command): void {
    const { id, schoolId } = command;
    if (this.#options.vault.catalog.commands.has(id)) return;
    const school = this.#schools.get(schoolId) ?? new Map<string, Waiting>();
    if (school.has(id)) return;
    school.set(id, { command, failures: 0 });
    this.#schools.set(schoolId, school);
    this.#size++;
  }

  #startNext(): void {
    for (const [schoolId, school] of [...this.#schools]) {
      if (this.#stopped || this.#running.size >= this.#options.concurrency) return;
      if (this.#running.has(schoolId)) continue;
      const ready = mostPromising([...school.values()]);
      if (ready) this.#running.set(schoolId, this.#takeTurn(schoolId, school, ready));
    }
  }

  /** One command of one school; then the school goes to the end of the line. */
  async #takeTurn(
    schoolId: SchoolId,
    school: Map<string, Waiting>,
    waiting: Waiting,
  ): Promise<void> {
    const { command } = waiting;
    try {
      await this.#carryOut(command);
      // Nothing that was asked for before must bring anything of the school back.
      for (const id of command.type === "purge" ? [...school.keys()] : [command.id]) {
        this.#leave(school, id);
      }
      this.#options.log("command.done", this.#fields(command));
      this.#options.acknowledged();
    } catch (error) {
      this.#postpone(waiting, error as Error);
    }
    this.#schools.delete(schoolId);
    if (school.size > 0) this.#schools.set(schoolId, school);
    this.#running.delete(schoolId);
    this.#startNext();
  }

  #leave(school: Map<string, Waiting>, id: string): void {
    clearTimeout(school.get(id)?.timer);
    school.delete(id);
    this.#size--;
  }

  async #carryOut(command: Command): Promise<void> {
    const done = ({ id }: Command, outcome: Outcome = "done", why: string | null = null) => ({
      ...{ id, at: this.#at(), outcome, why },
    });
    const handler = handlers[command.type] as Handler<Command["type"]>;
    await handler(command, { ...this.#options, done });
  }

  #postpone(waiting: Waiting, error: Error): void {
    waiting.failures++;
    const waitMs = Math.round(backoffMs(waiting.failures, this.#options.random));
    // Once: that it is over says the line of its end, and what waits is in the metrics.
    if (waiting.failures === 1) {
      const fields = this.#fields(waiting.command);
      this.#options.log("command.failed", { ...fields, reason: error.message, waitMs });
    }
    if (this.#stopped) return;
    waiting.timer = setTimeout(() => {
      waiting.timer = undefined;
      this.#startNext();
    }, waitMs);
  }

  #fields({ id, type, schoolId }: Command): Record<string, unknown> {
    return { command: id, type, school: this.#options.slugOf(schoolId), schoolId };
  }

  #at(): string {
    return new Date(this.#options.now()).toISOString();
  }
}

/** Of those that do not wait, the one that failed least; of several the one that came first. */
function mostPromising(school: Waiting[]): Waiting | undefined {
  let best: Waiting | undefined;
  for (const waiting of school) {
    if (waiting.timer === undefined && (!best || waiting.failures < best.failures)) best = waiting;
  }
  return best;
}
