/** What the connections of one school share, so that many of them get no more than one. */
import type { After } from "../timers.ts";
import { Bandwidth } from "./bandwidth.ts";
import type { HandleCount } from "./handles.ts";
import type { SftpLimits } from "./limits.ts";
import type { Backlog } from "./request-queue.ts";

export interface SchoolShares {
  handles: HandleCount;
  /** The requests that wait in all its sessions. */
  backlog: Backlog;
  bandwidth: Bandwidth | undefined;
}

/** Gives each school's shares, made when they are first asked for. */
export function sharesOfSchools(
  { handles, waitingBytes, bytesPerSecond }: SftpLimits,
  clock: { now(): number; after: After },
): (schoolId: number) => SchoolShares {
  const schools = new Map<number, SchoolShares>();
  return (schoolId) => {
    const known = schools.get(schoolId);
    if (known) return known;
    const shares: SchoolShares = {
      handles: { of: "school", open: 0, most: handles },
      backlog: { bytes: 0, most: waitingBytes },
      bandwidth: bytesPerSecond === 0 ? undefined : new Bandwidth(bytesPerSecond, clock),
    };
    schools.set(schoolId, shares);
    return shares;
  };
}
