/**
 * Who is logged in. There is room for so many connections of a school, and for so many in all; when all
 * is full, the connection of the school that has most which has been quiet for longest gives way to a
 * school that has fewer. So schools that do nothing with many connections keep no other out.
 */
import type { SchoolId } from "../../shared/protocol.ts";
import { KEPT, type OpenConnection, type Visitor } from "./connection.ts";
import type { SftpLimits } from "./limits.ts";

export class Crowd {
  readonly connections = new Set<OpenConnection>();
  readonly #limits: SftpLimits;
  readonly #gaveWay: (visitor: Visitor) => void;

  /** @param gaveWay a visitor was sent away for another school's sake */
  constructor(limits: SftpLimits, gaveWay: (visitor: Visitor) => void) {
    this.#limits = limits;
    this.#gaveWay = gaveWay;
  }

  /** Those that are logged in. */
  get inside(): OpenConnection[] {
    return [...this.connections].filter(({ visitor, ending }) => visitor && !ending);
  }

  /** Why a visitor cannot come in now; `undefined`: it can. */
  full({ schoolId }: Visitor): string | undefined {
    const { sessions, sessionsPerSchool } = this.#limits;
    const inside = this.inside;
    const bySchool = new Map<SchoolId, OpenConnection[]>();
    for (const connection of inside) {
      const id = connection.visitor!.schoolId;
      const of = bySchool.get(id);
      if (of) of.push(connection);
      else bySchool.set(id, [connection]);
    }
    const own = bySchool.get(schoolId)?.length ?? 0;
    if (own >= sessionsPerSchool) {
      return `the school has ${sessionsPerSchool} connections open, which is the most; close one of them first`;
    }
    if (inside.length < sessions) return undefined;
    const [largest] = [...bySchool.values()].toSorted((a, b) => b.length - a.length);
    if (largest && largest.length > own + 1) {
      const [quietest] = largest.toSorted((a, b) => a.activeAt - b.activeAt);
      this.#gaveWay(quietest!.visitor!);
      void quietest!.end(
        ...["discard", "idle"] as const,
        `Not now: ${sessions} connections are open, which is the most, and this one was quiet for ` +
          `longest. Connect again later; ${KEPT}`,
      );
      return undefined;
    }
    return `${sessions} connections are open, which is the most; try again later`;
  }
}
