/** What the connections of one school share, so that many of them get no more than one. */
import type { SchoolId } from "../../shared/protocol.ts";
import type { After } from "../timers.ts";
import { Bucket } from "../bucket.ts";
import { Allowance } from "./allowance.ts";
import { Answers } from "./answers.ts";
import type { HandleCount } from "./handles.ts";
import type { SftpLimits } from "./limits.ts";
import { exchangesAnew } from "./rekeying.ts";
import type { Backlog } from "./request-queue.ts";

export interface SchoolShares {
  handles: HandleCount;
  /** The requests that wait in all its sessions. */
  backlog: Backlog;
  /** … and the answers that wait until a client reads them. */
  answers: Answers;
  allowances: Allowances;
  /** Exchanges of keys after the first of a connection. */
  exchanges: Bucket;
  /** Logins that are not held against the school's address. */
  logins: Bucket;
}

const LOGINS_AT_ONCE = 120;

/** By the limit that each is. */
export interface Allowances {
  requests: Allowance;
  /** Bytes, where they are limited. */
  bandwidth: Allowance | undefined;
}

/** What all schools together have open, and how many bytes of their requests wait. */
export interface Load {
  handles: number;
  waitingBytes: number;
}

/** Gives each school's shares, made when they are first asked for. */
export function sharesOfSchools(
  { loginsPerSecond: logins, handles, waitingBytes, requestsPerSecond, bytesPerSecond }: SftpLimits,
  clock: { now(): number; after: After },
): { of(schoolId: SchoolId): SchoolShares; readonly load: Load } {
  const schools = new Map<SchoolId, SchoolShares>();
  return {
    of(schoolId) {
      const known = schools.get(schoolId);
      if (known) return known;
      const shares: SchoolShares = {
        handles: { of: "school", open: 0, most: handles },
        backlog: { bytes: 0, most: waitingBytes },
        answers: new Answers(waitingBytes),
        allowances: {
          requests: new Allowance(requestsPerSecond, clock),
          bandwidth: bytesPerSecond === 0 ? undefined : new Allowance(bytesPerSecond, clock),
        },
        exchanges: new Bucket(exchangesAnew, clock.now),
        logins: new Bucket(
          { burst: Math.max(LOGINS_AT_ONCE, logins), perSecond: logins },
          clock.now,
        ),
      };
      schools.set(schoolId, shares);
      return shares;
    },
    get load() {
      const load: Load = { handles: 0, waitingBytes: 0 };
      for (const { handles, backlog } of schools.values()) {
        load.handles += handles.open;
        load.waitingBytes += backlog.bytes;
      }
      return load;
    },
  };
}
