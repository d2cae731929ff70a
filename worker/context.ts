/** What every route of the worker is given; `main.ts` makes it, tests make their own. */
import type { Client } from "@libsql/client";
import type { Log } from "../shared/log.ts";
import type { KeyFamily } from "../shared/ssh-keys.ts";
import type { OidcSettings } from "./http/oidc-settings.ts";
import type { Bell } from "./bridge/bell.ts";

/** A token that opens the bridge's calls, and the name of the bridge that has it. */
export interface BridgeToken {
  name: string;
  token: string;
}

export interface WorkerContext {
  /** Only `execute` and `batch`: an interactive transaction would hold its one connection. */
  database: Client;
  /** Of each bridge one token, or two while one replaces the other. */
  bridges: readonly BridgeToken[];
  /** Rings when an administrator changed something. */
  bell: Bell;
  adminToken: string;
  /** So often one principal may ask within a minute. */
  requestsPerMinute: number;
  /** The families of SSH keys that schools may have. */
  keyTypes: readonly KeyFamily[];
  /** The most records a slice takes. */
  sliceRows: number;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after so many milliseconds. */
  wait(milliseconds: number): Promise<void>;
  /** A UUID. */
  randomId(): string;
  log: Log;
  /** May webhooks have addresses that are not public? */
  allowPrivateWebhooks: boolean;
  /** How people sign in with the organisation's provider; `undefined`: with tokens only. */
  oidc?: OidcSettings | undefined;
  /** Is there a mail server? */
  hasMail: boolean;
  /** Something may have happened: tells who wants to know, and returns at once. */
  tell?(): void;
}

/** The instant `now` as it is stored and answered: ISO 8601 UTC, to the millisecond. */
export function instant(now: number): string {
  return new Date(now).toISOString();
}

/** Was it less than so many milliseconds ago? Of either side, as a clock may be put back. */
export function isRecent(moment: number | undefined, now: number, milliseconds: number): boolean {
  return moment !== undefined && Math.abs(now - moment) < milliseconds;
}

/** Clocks of workers differ by less than this, in milliseconds. */
export const CLOCKS_MS = 60_000;
