/**
 * Who is writing which file. A file has at most one writer; when a second one opens it, as a client
 * does that resumes after its connection dropped, the first one's writes and CLOSE fail, so that no
 * two uploads are ever mixed under an OK.
 */

/** What others see of an open file that is being written. */
export interface Writer {
  /** Bytes written so far, and those that were there before. */
  readonly size: number;
  /** From now on its writes and its CLOSE fail. */
  oust(reason: string): void;
}

/** Who is writing which file, over all sessions. */
export class Writers {
  readonly #writers = new Map<number, Writer>();

  current(fileId: number): Writer | undefined {
    return this.#writers.get(fileId);
  }

  /** Ends the writing of a file: another writer, a removal or a replacement came. */
  oust(fileId: number, name: string): void {
    this.#writers.get(fileId)?.oust(
      `${name} was opened for writing, replaced or removed by a later request; this upload of it was not kept. Send it again.`,
    );
    this.#writers.delete(fileId);
  }

  enter(fileId: number, writer: Writer): void {
    this.#writers.set(fileId, writer);
  }

  exit(fileId: number, writer: Writer): void {
    if (this.#writers.get(fileId) === writer) this.#writers.delete(fileId);
  }
}
