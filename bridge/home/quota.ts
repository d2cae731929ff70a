/**
 * How many files a home may have, and how many bytes. What is used is asked of the catalog now and
 * then, and what is being written since is added; a school that made room is believed at once.
 */
import type { SchoolId } from "../../shared/protocol.ts";
import type { Reached } from "../limits-reached.ts";
import { Refusal } from "./home.ts";

export interface HomeUse {
  files: number;
  bytes: number;
}

export interface QuotaOptions {
  /** The most that a home may have. */
  most: HomeUse;
  /** What the catalog knows of a school's home. */
  used(schoolId: SchoolId): HomeUse;
  /** Milliseconds since the epoch. */
  now(): number;
  reached: Reached;
}

/** What one writer takes of the home. */
export interface HomeShare {
  /** The file becomes so many bytes longer. @throws Refusal when the home has no room for them */
  grow(bytes: number): void;
  /** It was let go: the catalog knows its size. */
  done(): void;
}

/** What was asked of the catalog is believed for so long; where it would refuse, for less. */
const BELIEVED_MS = 30_000;
const DOUBTED_MS = 1_000;

interface School extends HomeUse {
  at: number;
  /** Bytes that open files grew by. */
  growing: number;
}

export class Quota {
  readonly #options: QuotaOptions;
  readonly #schools = new Map<SchoolId, School>();

  constructor(options: QuotaOptions) {
    this.#options = options;
  }

  /** @throws Refusal when another file is one too many */
  begin(schoolId: SchoolId, { isNew }: { isNew: boolean }): HomeShare {
    if (isNew) this.#take(schoolId, { files: 1, bytes: 0 });
    let grown = 0;
    return {
      grow: (bytes) => {
        if (bytes <= 0) return;
        this.#take(schoolId, { files: 0, bytes });
        this.#schools.get(schoolId)!.growing += bytes;
        grown += bytes;
      },
      done: () => {
        const school = this.#schools.get(schoolId);
        if (!school) return;
        school.growing -= grown;
        school.bytes += grown;
        grown = 0;
      },
    };
  }

  get most(): HomeUse {
    return this.#options.most;
  }

  /** Bytes that the home may still take. */
  free(schoolId: SchoolId): number {
    const { bytes, growing } = this.#look(schoolId, DOUBTED_MS);
    return Math.max(0, this.#options.most.bytes - bytes - growing);
  }

  #take(schoolId: SchoolId, more: HomeUse): void {
    const { most } = this.#options;
    const isTooMuch = ({ files, bytes, growing }: School) =>
      files + more.files > most.files || bytes + growing + more.bytes > most.bytes;
    let school = this.#look(schoolId, BELIEVED_MS);
    if (isTooMuch(school)) school = this.#look(schoolId, DOUBTED_MS);
    if (isTooMuch(school)) {
      this.#options.reached("home", schoolId);
      throw this.#refusal(school);
    }
    school.files += more.files;
  }

  #look(schoolId: SchoolId, believedMs: number): School {
    const now = this.#options.now();
    const known = this.#schools.get(schoolId);
    if (known && now - known.at < believedMs && now >= known.at) return known;
    const { files, bytes } = this.#options.used(schoolId);
    const school = { files, bytes, at: now, growing: known?.growing ?? 0 };
    this.#schools.set(schoolId, school);
    return school;
  }

  #refusal({ files, bytes, growing }: School): Refusal {
    const { most } = this.#options;
    return new Refusal(
      "failure",
      `This home is full: it has ${files} of ${most.files} files and ${
        inWords(bytes + growing)
      } of ` +
        `${
          inWords(most.bytes)
        }. Delete what is no longer needed, such as old exports and files that ` +
        "were processed, or ask the service's operator for more. What arrived before is kept.",
    );
  }
}

function inWords(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1).replace(".0", "")} ${
    units[power]
  }`;
}
