/**
 * What the door gives to who speaks behind it: accepted connections.
 */
import type { Log } from "../../shared/log.ts";
import type { Socket } from "node:net";
import type { After } from "../timers.ts";
import type { Ban } from "./bans.ts";
import type { DoorLimits } from "./limits.ts";
import type { TurnedAway } from "./figures.ts";
import type { Tell } from "./refusal.ts";

/** A connection at the door. */
export interface Caller {
  readonly socket: Socket;
  /** As it was when the connection was accepted; a socket forgets it once the peer has reset. */
  readonly address: string;
  /** It has introduced itself; from now on it is told so why it is sent away. */
  greeted(tell: Tell): void;
  /** It has said what keys are computed of: calls `go` when it is its turn, at once if it can. */
  exchanging(go: () => void): void;
  /** Keys are exchanged; the client has yet to log in. */
  exchangedKeys(): void;
  /** A login was refused. What that comes to is decided when the connection ends. */
  refused(): void;
  /** … and that was the last of the tries that one connection has. */
  triedTooOften(): void;
  /** It has logged in, too often if that counts as if it had failed to: from now on it may stay. */
  admitted(tooOften: boolean): void;
  /** Something unforeseen was thrown in it: ends it, counts and logs that. */
  failed(error: unknown): void;
}

export interface ListenerOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  limits: DoorLimits;
  log: Log;
  /** Milliseconds since the epoch. */
  now(): number;
  after: After;
  /** Speaks to a caller. What it throws, at once or later, ends that connection only. */
  serve(caller: Caller): void;
}

/** The door as metrics tell of it. */
export interface DoorFigures {
  connections: number;
  strangers: number;
  /** Connections that wait until it is the turn of their source. */
  waiting: number;
  bans: number;
  /** Since the start. */
  turnedAway: Readonly<Record<TurnedAway, number>>;
}

export interface Listener {
  readonly port: number;
  /** Connections that were ended because something unforeseen was thrown in them. */
  readonly faults: number;
  readonly figures: DoorFigures;
  /** The bans in force. */
  bans(): Ban[];
  /** Lets a source in again; `false`: it was not shut out. */
  liftBan(source: string): boolean;
  /** Ends the connections that were not admitted yet. */
  sendStrangersAway(): void;
  /** Stops listening; resolves when every connection is closed. */
  close(): Promise<void>;
  /** Closes every connection now. */
  destroyAll(): void;
}
