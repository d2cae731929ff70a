/**
 * The last resort: whatever is thrown while one connection is served ends that connection and nothing
 * else, also when it is thrown later, in a timer, a callback of a stream or a promise that nobody
 * waits for. It is counted and logged. Faults that belong to no connection end the process as always.
 */
import type { Log } from "../../shared/log.ts";
import { AsyncLocalStorage } from "node:async_hooks";
import type { Socket } from "node:net";
import { describeFault } from "../../shared/fault.ts";

export interface Containment {
  readonly faults: number;
  /** Serves a connection; all that follows from its events is held too. */
  hold(socket: Socket, address: string, serve: (holding: Holding) => void): void;
  /** Stops watching, when no connection is left. */
  release(): void;
}

/** What is known of a connection while it is served. */
export interface Holding {
  failed: Failed;
  /** Does something for the connection that none of its own events leads to. */
  held(work: () => void): void;
}

/** Ends the connection, counts and logs it. */
export type Failed = (error: unknown) => void;

/** How the connection fails that something is done for. */
const serving = new AsyncLocalStorage<Failed>();
let watching = 0;

export function contain(log: Log): Containment {
  let faults = 0;
  if (++watching === 1) process.on("uncaughtException", endConnection);
  return {
    get faults() {
      return faults;
    },
    hold(socket, address, serve) {
      const failed: Failed = (error) => {
        faults++;
        log("sftp.fault", { address, ...describeFault(error) });
        socket.destroy();
      };
      const held = <Result>(work: () => Result): Result | undefined =>
        serving.run(failed, () => {
          try {
            return work();
          } catch (error) {
            failed(error);
          }
        });
      const emit = socket.emit as (...event: unknown[]) => boolean;
      socket.emit = (...event: unknown[]) => held(() => emit.apply(socket, event)) ?? true;
      held(() => serve({ failed, held }));
    },
    release() {
      if (--watching === 0) process.off("uncaughtException", endConnection);
    },
  };
}

/** Node calls it for rejections too that nobody handles. */
function endConnection(error: unknown): void {
  const failed = serving.getStore();
  if (failed) return failed(error);
  if (process.listenerCount("uncaughtException") > 1) return; // Somebody else decides.
  console.error(error);
  process.exit(1);
}
