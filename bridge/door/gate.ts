/**
 * Who may stand at the door, for how long, and what becomes of who fails to log in: the limits of
 * {@link DoorLimits} applied to each connection from the moment that its address is known.
 */
import type { Socket } from "node:net";
import type { Log } from "../../shared/log.ts";
import { sourceOf } from "../../shared/networks.ts";
import type { After } from "../timers.ts";
import { Bans } from "./bans.ts";
import { fewLines } from "./few-lines.ts";
import { noneTurnedAway, type TurnedAway } from "./figures.ts";
import type { DoorLimits } from "./limits.ts";
import { Pace } from "./pace.ts";
import { readAhead } from "./read-ahead.ts";
import { DISCONNECT, type Refusal, Refusing, type Tell, tellNewcomer } from "./refusal.ts";
import { type Stranger, Strangers } from "./strangers.ts";

/** Somebody at the door, or in the house. */
export interface Guest extends Stranger {
  readonly socket: Socket;
  readonly address: string;
  /** How it is told why it is sent away. */
  tell: Tell;
  /** It waits for no turn any more. */
  callOff(): void;
  /** A login of it was refused. */
  refused: boolean;
}

export class Gate {
  readonly bans: Bans;
  readonly strangers: Strangers<Guest>;
  /** How fast newcomers are greeted, and keys are computed for them. */
  readonly #greetings: Pace;
  readonly #exchanges: Pace;
  readonly turnedAway = noneTurnedAway();
  readonly #limits: DoorLimits;
  readonly #now: () => number;
  readonly #after: After;
  readonly #say: ReturnType<typeof fewLines>;
  readonly #refusing: Refusing;
  /** Connections that are logged in; how many of a source. */
  readonly #admitted = new WeakSet<Socket>();
  readonly #inside = new Map<string, number>();

  constructor(
    limits: DoorLimits,
    { log, now, after }: { log: Log; now(): number; after: After },
  ) {
    const { strangers: all, strangersPerAddress: ofSource, failures, banMs, neverBanned } = limits;
    this.#limits = limits;
    this.#now = now;
    this.#after = after;
    this.#refusing = new Refusing(after);
    this.#say = fewLines(log, now);
    this.strangers = new Strangers({ all, ofSource });
    this.#greetings = new Pace(limits.greetings, { now, after });
    this.#exchanges = new Pace(limits.exchanges, { now, after });
    this.bans = new Bans({
      ...{ failures, banMs, neverBanned, now },
      banned: (ban) => log("sftp.banned", { ...ban, until: new Date(ban.until).toISOString() }),
    });
  }

  /** Takes a connection in as a stranger; `undefined`: it was turned away and told why. */
  receive(socket: Socket, address: string): Guest | undefined {
    const source = sourceOf(address);
    if (!this.#mayKnock(socket, address, source)) return undefined;
    const guest: Guest = {
      ...{ socket, address, source, stage: "silent" as const },
      ...{ refused: false, tell: tellNewcomer(socket), callOff() {} },
    };
    const { graceMs, strangers, strangersPerAddress } = this.#limits;
    const displaced = this.strangers.add(guest);
    if (displaced) {
      this.#sendAway("gave_way", displaced, {
        reason: DISCONNECT.tooManyConnections,
        sentence:
          `Not now: ${strangers} connections, and ${strangersPerAddress} of one address, may ` +
          "wait to log in, and yours gave way to a newer one. Try again later.",
      });
    }
    const callOff = this.#after(graceMs, () => {
      if (!this.strangers.delete(guest)) return;
      this.#sendAway("too_slow", guest, {
        reason: DISCONNECT.byApplication,
        sentence:
          `You did not log in within ${graceMs / 1000} seconds, which is the longest that a ` +
          "login may take. Connect again.",
      }, { graceMs });
    });
    socket.once("close", () => {
      callOff();
      this.#left(guest);
    });
    return guest;
  }

  #mayKnock(socket: Socket, address: string, source: string): boolean {
    const until = this.bans.until(source);
    if (until !== undefined) {
      const minutes = Math.max(1, Math.ceil((until - this.#now()) / 60_000));
      this.refuse("banned", socket, address, {
        reason: DISCONNECT.notAllowed,
        sentence: `Too many logins from your address were refused. Try again in ${minutes} ` +
          `minute${minutes === 1 ? "" : "s"}, with the right key, or ask the service's operator.`,
      });
      return false;
    }
    const { perAddress } = this.#limits;
    if ((this.#inside.get(source) ?? 0) < perAddress) return true;
    this.refuse("too_many_of_address", socket, address, {
      reason: DISCONNECT.tooManyConnections,
      sentence: `Not now: ${perAddress} connections of your address are open, which is the most. ` +
        "Close one of them first.",
    });
    return false;
  }

  /** Connections that were turned away, and are yet to be told so or to have read it. */
  get leaving(): number {
    return this.#refusing.count;
  }

  /** Whether it has logged in. */
  isInside(socket: Socket): boolean {
    return this.#admitted.has(socket);
  }

  /** Connections that wait for their turn. */
  get waiting(): number {
    return this.#greetings.waiting + this.#exchanges.waiting;
  }

  /** Calls `go` when the guest may be greeted. */
  awaitGreeting(guest: Guest, go: () => void): void {
    let serve = go;
    const waits = this.#awaitTurn(this.#greetings, guest, () => serve(), "sftp.greeting_waits");
    if (!waits) return;
    const goBack = readAhead(guest.socket);
    serve = () => goBack(go);
  }

  /** Calls `go` when keys may be computed for the guest. */
  awaitExchange(guest: Guest, go: () => void): void {
    this.#awaitTurn(this.#exchanges, guest, go, "sftp.exchange_waits");
  }

  /** Whether it has to wait. */
  #awaitTurn(pace: Pace, guest: Guest, go: () => void, event: string): boolean {
    const { socket, source, address } = guest;
    let waits = true;
    guest.callOff = pace.turn(source, () => {
      waits = false;
      go();
    });
    if (!waits) return false;
    socket.once("close", guest.callOff);
    this.#say(event, source, { address });
    return true;
  }

  /** @param tooOften that it logged in gives it no further turn */
  admit(guest: Guest, tooOften: boolean): void {
    const { socket, source } = guest;
    if (this.isInside(socket) || socket.destroyed) return;
    this.#admitted.add(socket);
    this.strangers.delete(guest);
    this.#inside.set(source, (this.#inside.get(source) ?? 0) + 1);
    this.bans.succeeded(source);
    if (tooOften) return;
    this.#greetings.giveBack(source);
    this.#exchanges.giveBack(source);
  }

  #left(guest: Guest): void {
    const { socket, source, address } = guest;
    this.strangers.delete(guest);
    if (this.isInside(socket)) {
      const others = this.#inside.get(source)! - 1;
      if (others > 0) this.#inside.set(source, others);
      else this.#inside.delete(source);
    } else if (guest.refused) this.bans.failed(source, address);
  }

  /** Turns a connection away that was not greeted. */
  refuse(why: TurnedAway, socket: Socket, address: string, refusal: Refusal, fields = {}): void {
    this.count(why, address, fields);
    this.#refusing.refuse(socket, sourceOf(address), refusal, tellNewcomer(socket));
  }

  #sendAway(
    why: TurnedAway,
    guest: Guest,
    refusal: Refusal,
    fields = {},
  ): void {
    const { socket, source, address, tell } = guest;
    guest.callOff();
    this.count(why, address, fields);
    this.#refusing.refuse(socket, source, refusal, tell);
  }

  /** A connection is turned away by who speaks with it. */
  count(why: TurnedAway, address: string, fields = {}): void {
    this.turnedAway[why]++;
    this.#say(`sftp.${why}`, sourceOf(address), { address, ...fields });
  }
}
