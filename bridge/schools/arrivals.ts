/**
 * Logins and refused ones on their way to the ledger. The first of a kind is told at once; what is alike
 * within the minute is counted and told at its end, so that who logs in, or tries to, over and over
 * adds a line a minute. Of refusals so many kinds a minute are told one by one, and the rest by
 * their reason alone: an attack from many addresses adds no more than that.
 */
import type { Log } from "../../shared/log.ts";
import { type LoginRefusal, NO_SCHOOL, type SchoolId, type Sender } from "../../shared/protocol.ts";
import type { After } from "../timers.ts";
import type { Ledger } from "../vault/catalog/ledger.ts";
import type { RefusedLogin } from "../logins.ts";

const MINUTE_MS = 60_000;
/** Kinds of refusals that are told one by one within a minute. */
const REFUSALS = 20;
/** Kinds of logins that are counted within a minute; further ones are told one by one. */
const LOGINS = 1_000;

interface Counted {
  /** So many since it was told. */
  untold: number;
  since: number;
  tell(count: number, since: number): void;
}

export interface ArrivalsOptions {
  ledger: Pick<Ledger, "recordLogin" | "recordRefusal">;
  /** Milliseconds since the epoch. */
  now(): number;
  after: After;
  log: Log;
}

export class Arrivals {
  readonly #options: ArrivalsOptions;
  #minute = new Map<string, Counted>();
  #refusals = 0;
  #timer: (() => void) | undefined;

  constructor(options: ArrivalsOptions) {
    this.#options = options;
  }

  login(schoolId: SchoolId, sender: Sender): void {
    const { fingerprint, address, client } = sender;
    const key = JSON.stringify(["login", schoolId, fingerprint, address, client]);
    const tell = (count: number) => this.#options.ledger.recordLogin(schoolId, sender, count);
    if (this.#minute.size >= LOGINS && !this.#minute.has(key)) return this.#safely(() => tell(1));
    this.#count(key, tell);
  }

  /** @param schoolId the school of the name that was given, where there is one */
  refused(
    { address, client, reason, slug, fingerprint }: RefusedLogin,
    schoolId: SchoolId = NO_SCHOOL,
  ): void {
    const key = JSON.stringify(["refused", address, reason, slug, fingerprint]);
    const isKnown = this.#minute.has(key);
    if (!isKnown && this.#refusals >= REFUSALS) return this.#others(reason);
    if (!isKnown) this.#refusals++;
    const who = { address, client, reason, slug: slug ?? null, fingerprint: fingerprint ?? null };
    this.#count(key, (count, since) =>
      this.#options.ledger.recordRefusal(
        schoolId,
        { ...who, count, since: new Date(since).toISOString() },
      ));
  }

  /** What is not told one by one, with its reason only. */
  #others(reason: LoginRefusal): void {
    const who = { address: "several", client: "", reason, slug: null, fingerprint: null };
    this.#count(
      JSON.stringify(["others", reason]),
      (count, since) =>
        this.#options.ledger.recordRefusal(
          NO_SCHOOL,
          { ...who, count, since: new Date(since).toISOString() },
        ),
    );
  }

  /** Tells what was counted. */
  stop(): void {
    this.#timer?.();
    this.#tell();
  }

  #count(key: string, tell: Counted["tell"]): void {
    const { now, after } = this.#options;
    const known = this.#minute.get(key);
    if (known) {
      if (known.untold++ === 0) known.since = now();
      return;
    }
    this.#minute.set(key, { untold: 0, since: now(), tell });
    this.#timer ??= after(MINUTE_MS, () => this.#tell());
    this.#safely(() => tell(1, now()));
  }

  #tell(): void {
    this.#timer = undefined;
    const counted = this.#minute;
    this.#minute = new Map();
    this.#refusals = 0;
    for (const { untold, since, tell } of counted.values()) {
      if (untold > 0) this.#safely(() => tell(untold, since));
    }
  }

  /** Such as a full disk: the school must come in to make room. */
  #safely(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#options.log("login.not_recorded", { reason: (error as Error).message });
    }
  }
}
