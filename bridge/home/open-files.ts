/**
 * How many files each school has open. Each costs a descriptor and, while it is written, up to
 * 0.3 MiB of memory (a chunk being written and what of it waits for the disk); all schools share
 * those of the process.
 */
import type { SchoolId } from "../../shared/protocol.ts";
import type { Reached } from "../limits-reached.ts";
import { Refusal } from "./home.ts";

export class OpenFiles {
  readonly #open = new Map<SchoolId, number>();

  /** @param most files that a school may have open at once, over all its sessions */
  constructor(readonly most: number, readonly reached: Reached) {}

  /** Counts one more file of the school; call what it returns when the file is let go. */
  take(schoolId: SchoolId): () => void {
    const open = this.#open.get(schoolId) ?? 0;
    if (open >= this.most) {
      this.reached("open_files", schoolId);
      throw new Refusal(
        "failure",
        `${open} files are open in the sessions of this school, which is the most; close one of them first.`,
      );
    }
    this.#open.set(schoolId, open + 1);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      const left = this.#open.get(schoolId)! - 1;
      if (left > 0) this.#open.set(schoolId, left);
      else this.#open.delete(schoolId);
    };
  }
}
