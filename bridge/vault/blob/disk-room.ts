/**
 * Room on the disk. Uploads stop before the last of it, so that what the service itself must write
 * (the catalog, reports, exports) has room when schools have filled the disk: logins, reads and
 * deletes go on, and files that arrived whole are processed.
 */
import { statfs } from "node:fs/promises";

/** Bytes that uploads leave free; on a small disk the tenth part of it. */
const RESERVE_BYTES = 16 * 1024 * 1024;
/** So many bytes are written before the disk is asked again. */
const ASK_EVERY_BYTES = 512 * 1024;

const codes = new Set(["ENOSPC", "EDQUOT", "SQLITE_FULL"]);

/** Was it refused because the disk is full? */
export function isDiskFull(error: unknown): boolean {
  return codes.has((error as NodeJS.ErrnoException | undefined)?.code ?? "");
}

/** The disk has room left, but none for uploads. */
export class NoRoomForUploads extends Error {
  readonly code = "ENOSPC";
  override readonly name = "NoRoomForUploads";
}

export class DiskRoom {
  readonly #folder: string;
  /** Bytes that were granted and not yet taken. */
  #granted = 0;

  /** @param folder a folder on the disk; where it is gone, asking for room throws */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Call before an upload writes so many bytes. @throws NoRoomForUploads */
  async take(bytes: number): Promise<void> {
    if (bytes > this.#granted) await this.#ask(bytes);
    this.#granted -= bytes;
  }

  /** Is there room for an upload to begin? @throws NoRoomForUploads */
  async look(): Promise<void> {
    if (this.#granted <= 0) await this.#ask(0);
  }

  /** What uploads may take in all, and what of it is free, in bytes. */
  async report(): Promise<{ total: number; free: number }> {
    const { total, free } = await this.#disk();
    return { total, free: Math.max(0, free) };
  }

  async #disk(): Promise<{ total: number; free: number }> {
    const disk = await statfs(this.#folder);
    const total = disk.blocks * disk.bsize;
    const reserve = Math.min(RESERVE_BYTES, Math.floor(total / 10));
    return { total: total - reserve, free: disk.bavail * disk.bsize - reserve };
  }

  async #ask(bytes: number): Promise<void> {
    const { free } = await this.#disk();
    this.#granted = Math.min(Math.max(bytes, ASK_EVERY_BYTES), free);
    if (free <= 0 || bytes > free) {
      this.#granted = 0;
      throw new NoRoomForUploads("The disk has no room left for uploads.");
    }
  }
}
