/** Ends a call when nothing was heard of the other side for a while, however long the call takes. */

export interface Silence extends Disposable {
  /** Aborts when it was silent for too long, or when all calls are to end. */
  readonly signal: AbortSignal;
  /** Something was heard: the time starts anew. */
  heard(): void;
  /** It is this side that keeps the other waiting. */
  pause(): void;
}

/**
 * A controller of its own rather than `AbortSignal.any`: what that makes is held by nobody, and once the
 * garbage collector has taken it nothing ends the call any more.
 *
 * @param all ends all calls
 */
export function listenForSilence(milliseconds: number, all?: AbortSignal): Silence {
  const controller = new AbortController();
  const end = () => controller.abort(all!.reason);
  if (all?.aborted) end();
  all?.addEventListener("abort", end);
  let timer: NodeJS.Timeout | undefined;
  const pause = () => clearTimeout(timer);
  const heard = () => {
    pause();
    timer = setTimeout(
      () => controller.abort(new Error(`nothing was heard for ${milliseconds} ms`)),
      milliseconds,
    );
  };
  heard();
  return {
    ...{ signal: controller.signal, heard, pause },
    [Symbol.dispose]() {
      pause();
      all?.removeEventListener("abort", end);
    },
  };
}

/**
 * The pieces of an answer, ended by silence. `fetch` lets go of its signal once the answer has begun, so
 * the reading is ended here.
 *
 * @throws the reason of the signal, or what cut the answer off
 */
export async function* heardPieces(
  body: ReadableStream<Uint8Array>,
  { signal, heard, pause }: Silence,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  const end = () => void reader.cancel(signal.reason).catch(() => {/* it is broken already */});
  signal.addEventListener("abort", end);
  try {
    for (;;) {
      signal.throwIfAborted();
      const { value, done } = await reader.read();
      signal.throwIfAborted();
      if (done) return;
      pause();
      yield value;
      heard();
    }
  } finally {
    signal.removeEventListener("abort", end);
    // Whoever stops in the middle wants no more of it.
    await reader.cancel().catch(() => {/* it is broken already */});
  }
}
