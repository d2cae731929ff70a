/**
 * Under which paths a client closed files or renamed them. The sessions that it has open at one time
 * remember it together: rclone writes a file over one of them and sets its times over another.
 */
import type { SchoolId, Sender } from "../../shared/protocol.ts";
import { keep } from "./bounded.ts";

/** What one session and those beside it remember; what is remembered is bounded. */
export interface LeftHere {
  /** The file that was left under the path. */
  get(path: string): number | undefined;
  set(path: string, fileId: number): void;
  /** The session ends: with a client's last one all is forgotten. */
  leave(): void;
}

interface Client {
  sessions: number;
  readonly names: Map<string, number>;
}

export class LeftNames {
  readonly #clients = new Map<string, Client>();

  /** A session begins. */
  enter(schoolId: SchoolId, { fingerprint, address }: Sender): LeftHere {
    const who = `${schoolId} ${fingerprint} ${address}`;
    const client = this.#clients.get(who) ?? { sessions: 0, names: new Map<string, number>() };
    this.#clients.set(who, client);
    client.sessions++;
    let isHere = true;
    return {
      get: (path) => client.names.get(path),
      set: (path, fileId) => keep(client.names, path, fileId),
      leave: () => {
        if (isHere && --client.sessions === 0) this.#clients.delete(who);
        isHere = false;
      },
    };
  }
}
