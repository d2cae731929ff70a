/** What the door allows, and the settings that say so (docs/operations.md). */
import { networkFault, Networks } from "../../shared/networks.ts";
import { type Environment, readAll, readWholeNumber, SettingError } from "../../shared/settings.ts";
import type { Rate } from "../bucket.ts";

export interface DoorLimits {
  /** Connections of any kind; beyond this newcomers are refused. */
  connections: number;
  /** Connections of one source that are logged in. */
  perAddress: number;
  /** Connections that are not logged in yet; beyond this one of the source that has most gives way. */
  strangers: number;
  /** … and of one source. */
  strangersPerAddress: number;
  /** Milliseconds within which a stranger must have logged in. */
  graceMs: number;
  /** Connections of one source that did not lead to a login; further ones wait before they are greeted. */
  greetings: Rate;
  /** … and their key exchanges. */
  exchanges: Rate;
  /** So many connections of a source that ended with a refused login make a ban. */
  failures: number;
  /** The first ban, in milliseconds; each further one is twice as long, up to a day. */
  banMs: number;
  neverBanned: Networks;
  /** Proxies that say with the PROXY protocol who really comes. */
  trustedProxies: Networks;
}

export const doorLimits: DoorLimits = {
  connections: 1000,
  perAddress: 128,
  strangers: 256,
  strangersPerAddress: 128,
  graceMs: 30_000,
  greetings: { burst: 256, perSecond: 100 },
  exchanges: { burst: 60, perSecond: 5 },
  failures: 20,
  banMs: 60_000,
  neverBanned: new Networks(),
  trustedProxies: new Networks(),
};

/** @throws SettingError with a line for each that is wrong */
export function readDoorLimits(environment: Environment): DoorLimits {
  const whole = (name: string, fallback: number, least: number, most: number) =>
    readWholeNumber(name, environment[name]?.trim() || String(fallback), least, most);
  const rate = (name: string, fallback: Rate) => (): Rate => {
    const perSecond = whole(name, fallback.perSecond, 1, 10_000);
    return { perSecond, burst: Math.max(fallback.burst, perSecond) };
  };
  const networks = (name: string) => readNetworks(name, environment[name]?.trim() || undefined);
  return readAll({
    connections: () => whole("MAX_CONNECTIONS", doorLimits.connections, 1, 100_000),
    perAddress: () => whole("MAX_PER_ADDRESS", doorLimits.perAddress, 1, 100_000),
    strangers: () => whole("MAX_STRANGERS", doorLimits.strangers, 1, 100_000),
    strangersPerAddress: () =>
      whole("MAX_STRANGERS_PER_ADDRESS", doorLimits.strangersPerAddress, 1, 100_000),
    graceMs: () => whole("LOGIN_GRACE_MS", doorLimits.graceMs, 1000, 600_000),
    greetings: rate("GREETINGS_PER_SECOND", doorLimits.greetings),
    exchanges: rate("EXCHANGES_PER_SECOND", doorLimits.exchanges),
    failures: () => whole("LOGIN_FAILURES", doorLimits.failures, 1, 1_000_000),
    banMs: () => whole("BAN_MS", doorLimits.banMs, 1000, 86_400_000),
    neverBanned: () => networks("NEVER_BANNED"),
    trustedProxies: () => networks("TRUSTED_PROXIES"),
  });
}

function readNetworks(name: string, value: string | undefined): Networks {
  const list = value?.split(",").map((part) => part.trim()) ?? [];
  for (const text of list) {
    const fault = networkFault(text);
    if (fault) throw new SettingError(`${name}: ${fault}.`);
  }
  return new Networks(list);
}
