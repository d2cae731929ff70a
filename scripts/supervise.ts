/**
 * Runs the worker and the bridge together: both or neither. When one dies the other is stopped, and
 * it is said which died and how.
 */
import { type Child, describeEnding, type Listening, startChild } from "./child.ts";
import type { Program } from "./programs.ts";

export interface Outcome {
  /** The exit code for whoever started the service. */
  code: number;
  /** What went wrong, in one sentence; nothing when it was stopped as asked. */
  reason?: string;
}

export interface Supervised {
  /** What both said when they listened. Rejects when one of them never does. */
  ready: Promise<{ worker: Listening; bridge: Listening }>;
  /** Resolves when both are gone. */
  ended: Promise<Outcome>;
  /** Stops both: the bridge first, so that what is in flight still finds the worker. */
  stop(): Promise<Outcome>;
  /** Process ids; of the bridge only after the worker listens. */
  pids(): { worker: number | undefined; bridge: number | undefined };
}

export interface Programs {
  worker: Program;
  /** The bridge needs the address at which the worker listens. */
  bridge: (worker: Listening) => Program;
  log: (name: string, line: string) => void;
  /** So long may a process take to stop before it is killed; in milliseconds. */
  graceMs?: number;
}

/** What a process says of itself with its exit code, and the service passes on (sysexits.h). */
const EX_TEMPFAIL = 75;
const EX_CONFIG = 78;

export function supervise({ worker, bridge, log, graceMs = 15_000 }: Programs): Supervised {
  const running: Child[] = [];
  let stopping: Promise<void> | undefined;
  /** Why it does not end well; the first reason counts, the others follow from it. */
  let failure: Outcome | undefined;

  function start(program: Program): Child {
    const child = startChild(program, log);
    running.push(child);
    child.ended.then((ending) => {
      if (stopping) {
        // Asked to stop before it had learnt how, a process ends by the signal itself.
        if (ending.code === 0 || ending.signal === "SIGTERM" || ending.signal === "SIGINT") return;
        failure ??= { code: 1, reason: `The ${child.name} ${describeEnding(ending)}.` };
        return;
      }
      const others = running.filter((other) => other !== child).map(({ name }) => name);
      const stopped = others.length > 0 ? ` The ${others.join()} is stopped.` : "";
      failure ??= {
        code: ending.code === EX_CONFIG || ending.code === EX_TEMPFAIL ? ending.code : 1,
        reason: `The ${child.name} ${describeEnding(ending)}.${stopped}`,
      };
      stopAll();
    });
    return child;
  }

  function stopAll(): Promise<void> {
    stopping ??= (async () => {
      const unended = new Set(running);
      const deadline = setTimeout(() => {
        const names = [...unended].map(({ name }) => name).join(" and the ");
        const reason = `The ${names} did not stop in ${graceMs / 1000} s and was killed.`;
        failure ??= { code: 1, reason };
        for (const child of unended) child.kill("SIGKILL");
      }, graceMs);
      for (const child of running.toReversed()) {
        child.kill("SIGTERM");
        await child.ended;
        unended.delete(child);
      }
      clearTimeout(deadline);
    })();
    return stopping;
  }

  const ready = (async () => {
    const workerListening = await start(worker).listening;
    if (stopping) throw new Error("The service was stopped before it had started.");
    const bridgeListening = await start(bridge(workerListening)).listening;
    return { worker: workerListening, bridge: bridgeListening };
  })();

  const ended = (async () => {
    await ready.catch((error: Error) => {
      if (!stopping) failure ??= { code: 1, reason: error.message };
      stopAll();
    });
    await Promise.all(running.map((child) => child.ended));
    await stopping;
    return failure ?? { code: 0 };
  })();

  return {
    ready,
    ended,
    stop: () => stopAll().then(() => ended),
    pids: () => ({ worker: running[0]?.pid, bridge: running[1]?.pid }),
  };
}
