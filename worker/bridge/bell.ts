/**
 * Rung when an administrator changed something, so that a bridge that listens at this worker hears at
 * once. At another worker it hears when that looks again.
 */
export interface Bell {
  ring(): void;
  /** Rings for all that listen now and ever after: the worker is to end. */
  close(): void;
  /** Resolves at the next ring, or after so many milliseconds. */
  heard(milliseconds: number): Promise<void>;
  readonly closed: boolean;
}

export function createBell(): Bell {
  const listeners = new Set<() => void>();
  let closed = false;
  const ring = () => {
    for (const listener of [...listeners]) listener();
  };
  return {
    ring,
    close() {
      closed = true;
      ring();
    },
    heard: (milliseconds) =>
      new Promise((resolve) => {
        if (closed) return resolve();
        const listener = () => {
          clearTimeout(timer);
          listeners.delete(listener);
          resolve();
        };
        const timer = setTimeout(listener, milliseconds);
        listeners.add(listener);
      }),
    get closed() {
      return closed;
    },
  };
}
