/** Ends a call when nothing was heard of the other side for a while, however long the call takes. */

export interface Silence extends Disposable {
  /** Aborts when it was silent for too long. */
  readonly signal: AbortSignal;
  /** Something was heard: the time starts anew. */
  heard(): void;
  /** It is this side that keeps the other waiting. */
  pause(): void;
}

export function listenForSilence(milliseconds: number): Silence {
  const controller = new AbortController();
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
  return { signal: controller.signal, heard, pause, [Symbol.dispose]: pause };
}
