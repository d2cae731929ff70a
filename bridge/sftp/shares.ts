/** What the connections of one school share, so that many of them get no more than one. */
import type { SchoolId } from "../../shared/protocol.ts";
import type { After } from "../timers.ts";
import { Answers } from "./answers.ts";
import { Bandwidth } from "./bandwidth.ts";
import type { HandleCount } from "./handles.ts";
import type { SftpLimits } from "./limits.ts";
import type { Backlog } from "./request-queue.ts";

export interface SchoolShares {
  handles: HandleCount;
  /** The requests that wait in all its sessions. */
  backlog: Backlog;
  /** … and the answers that wait until a client reads them. */
  answers: Answers;
  bandwidth: Bandwidth | undefined;
}

/** What all schools together have open, and how many bytes of their requests wait. */
export interface Load {
  handles: number;
  waitingBytes: number;
}

/** Gives each school's shares, made when they are first asked for. */
export function sharesOfSchools(
  { handles, waitingBytes, bytesPerSecond }: SftpLimits,
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
        bandwidth: bytesPerSecond === 0 ? undefined : new Bandwidth(bytesPerSecond, clock),
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
