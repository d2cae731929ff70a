/**
 * What the door gives to who speaks behind it: accepted connections.
 */
import type { Log } from "../../shared/log.ts";
import type { Socket } from "node:net";

/** A connection at the door. */
export interface Caller {
  readonly socket: Socket;
  /** As it was when the connection was accepted; a socket forgets it once the peer has reset. */
  readonly address: string;
  /** It has logged in: from now on it may stay. */
  admitted(): void;
  /** Something unforeseen was thrown in it: ends it, counts and logs that. */
  failed(error: unknown): void;
}

export interface ListenerOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** Milliseconds within which a caller must be admitted. */
  graceMs: number;
  log: Log;
  /** Speaks to a caller. What it throws, at once or later, ends that connection only. */
  serve(caller: Caller): void;
}

export interface Listener {
  readonly port: number;
  /** Connections that were ended because something unforeseen was thrown in them. */
  readonly faults: number;
  /** Ends the connections that were not admitted yet. */
  sendStrangersAway(): void;
  /** Stops listening; resolves when every connection is closed. */
  close(): Promise<void>;
  /** Closes every connection now. */
  destroyAll(): void;
}
