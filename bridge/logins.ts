/** What a login is made of, for the door that sees it and for the directory and ledger behind. */
import type { LoginRefusal } from "../shared/protocol.ts";

/** A name and a key that somebody shows, from somewhere, at some time. */
export interface Showing {
  slug: string;
  /** In SSH wire form. */
  publicKey: Uint8Array;
  address: string;
  /** Milliseconds since the epoch. */
  at: number;
}

/** A login that was refused, or that came to no end. */
export interface RefusedLogin {
  address: string;
  /** The client's own name for its software: at most 128 printable characters. */
  client: string;
  reason: LoginRefusal;
  /** The name that was given, where it could be a school's. */
  slug?: string | undefined;
  fingerprint?: string | undefined;
}
