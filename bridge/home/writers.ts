/**
 * Who is writing which file. A file has at most one writer; when a second one opens it, as a client
 * does that resumes after its connection dropped, the first one's writes and CLOSE fail, so that no
 * two uploads are ever mixed under an OK.
 */
import { Refusal } from "./home.ts";
import type { SessionToken } from "../intake/settling.ts";

/** What others see of an open file that is being written. */
export interface Writer {
  readonly session: SessionToken;
  /** Bytes written so far, and those that were there before. */
  readonly size: number;
  /** FSETSTAT of it. */
  resize(size: number): Promise<void>;
  /**
   * From now on its writes and its CLOSE fail. Resolves when nothing that it began before is under
   * way any more, with how many bytes it leaves from the first on without a gap; `undefined` when it
   * never got to the file.
   */
  letGo(refusal: Refusal): Promise<number | undefined>;
}

/** What took the file away from its writer. */
export type Ousting = "opened again" | "removed" | "replaced";

const sentences: Record<Ousting, string> = {
  "opened again":
    "was opened for writing by a later request, which has it now. This upload of it ended before its CLOSE and does not count. Send it again.",
  removed:
    "was deleted by a later request. This upload of it ended before its CLOSE and was not kept. Send it again.",
  replaced:
    "was replaced by another file that was renamed to it. This upload of it ended before its CLOSE and was not kept. Send it again.",
};

export class Writers {
  readonly #writers = new Map<number, Writer>();

  current(fileId: number): Writer | undefined {
    return this.#writers.get(fileId);
  }

  /**
   * The file is this writer's, at once. Resolves when the one before has let go of it, so that what
   * it began is there to be written on, with how many bytes that one leaves without a gap.
   */
  enter(fileId: number, name: string, writer: Writer): Promise<number | undefined> {
    const before = this.oust(fileId, name, "opened again");
    this.#writers.set(fileId, writer);
    return before;
  }

  /** The file is nobody's, at once. Resolves when its writer, if it had one, has let go of it. */
  async oust(fileId: number, name: string, how: Ousting): Promise<number | undefined> {
    const writer = this.#writers.get(fileId);
    this.#writers.delete(fileId);
    return await writer?.letGo(new Refusal("failure", `${name} ${sentences[how]}`));
  }

  exit(fileId: number, writer: Writer): void {
    if (this.#writers.get(fileId) === writer) this.#writers.delete(fileId);
  }
}
