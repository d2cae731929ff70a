/** A disk of its own that can be filled to the last byte. */
import { execFileSync } from "node:child_process";
import { appendFile, mkdtemp, rm, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

export interface SmallDisk {
  folder: string;
  /** Somebody else fills it, to the last byte. */
  fill(): Promise<void>;
  /** … and makes room again. */
  empty(): Promise<void>;
}

/**
 * A disk with room for `bytes`, gone after the test; `undefined`, said aloud, where none can be
 * mounted.
 */
export async function smallDisk(t: TestContext, bytes: number): Promise<SmallDisk | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "rosterbridge-disk-"));
  try {
    execFileSync("mount", [
      "-t",
      "tmpfs",
      "-o",
      `size=${bytes},mode=700`,
      "rosterbridge-test",
      folder,
    ], {
      stdio: ["ignore", "ignore", "pipe"],
    });
  } catch (error) {
    await rmdir(folder);
    t.skip(`NOT TESTED, no small disk can be mounted here: ${(error as Error).message.trim()}`);
    return undefined;
  }
  t.after(async () => {
    // Lazily: libsql lets go of a closed database's files only when its statements are collected.
    execFileSync("umount", ["--lazy", folder]);
    await rmdir(folder);
  });
  const filler = join(folder, "filler");
  return {
    folder,
    async fill() {
      for (const size of [1024 * 1024, 4096, 1]) {
        for (;;) {
          const error = await appendFile(filler, Buffer.alloc(size)).catch((error) => error);
          if (error?.code === "ENOSPC") break;
          if (error) throw error;
        }
      }
    },
    empty: () => rm(filler, { force: true }),
  };
}
