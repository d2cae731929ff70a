/** What a client may do once it speaks SSH, and the settings that say so (docs/operations.md). */
import { type Environment, readAll, readWholeNumber } from "../../shared/settings.ts";

export interface SftpLimits {
  /** Tries to log in on one connection. */
  tries: number;
  /** Connections that are logged in, over all schools. */
  sessions: number;
  /** … and of one school. */
  sessionsPerSchool: number;
  /** Milliseconds without a request after which a connection is ended; 0 for never. */
  idleMs: number;
  /** How often a silent client is asked whether it is there, in milliseconds; it may miss four times. */
  keepaliveMs: number;
  /** Handles of files and folders that a school has open over all its connections. */
  handles: number;
  /** Bytes of a school's requests that wait over all its connections, of clients that read no answers. */
  waitingBytes: number;
  /** Logins a second of a school, after 120 at once; further ones are paced as those that fail. */
  loginsPerSecond: number;
  /** Requests a second of a school, after as many at once. */
  requestsPerSecond: number;
  /** Bytes a second of a school, both ways together; 0 for as fast as it goes. */
  bytesPerSecond: number;
}

export const sftpLimits: SftpLimits = {
  tries: 20,
  sessions: 500,
  sessionsPerSchool: 32,
  idleMs: 30 * 60_000,
  keepaliveMs: 30_000,
  handles: 512,
  waitingBytes: 32 * 1024 * 1024,
  loginsPerSecond: 10,
  requestsPerSecond: 10_000,
  bytesPerSecond: 0,
};

const DAY_MS = 86_400_000;

/** @throws SettingError with a line for each that is wrong */
export function readSftpLimits(environment: Environment): SftpLimits {
  const whole = (name: string, of: keyof SftpLimits, least: number, most: number) => () =>
    readWholeNumber(name, environment[name]?.trim() || String(sftpLimits[of]), least, most);
  return readAll({
    tries: whole("MAX_TRIES", "tries", 1, 1000),
    sessions: whole("MAX_SESSIONS", "sessions", 1, 100_000),
    sessionsPerSchool: whole("MAX_SESSIONS_PER_SCHOOL", "sessionsPerSchool", 1, 100_000),
    idleMs: whole("IDLE_MS", "idleMs", 0, DAY_MS),
    keepaliveMs: whole("KEEPALIVE_MS", "keepaliveMs", 1000, DAY_MS),
    handles: whole("MAX_HANDLES", "handles", 1, 100_000),
    waitingBytes: whole("MAX_WAITING_BYTES", "waitingBytes", 1024 * 1024, 4 * 1024 ** 3),
    loginsPerSecond: whole("SCHOOL_LOGINS_PER_SECOND", "loginsPerSecond", 1, 10_000),
    requestsPerSecond: whole("SCHOOL_REQUESTS_PER_SECOND", "requestsPerSecond", 100, 1_000_000),
    bytesPerSecond: whole("SCHOOL_BYTES_PER_SECOND", "bytesPerSecond", 0, 100 * 1024 ** 3),
  });
}
