/** Looks now and then whether what is stored can be written: the folder is there, and the disk has room. */
import type { Trouble } from "../trouble.ts";

/** Milliseconds between looks. */
const LOOK_MS = 2_000;
/** With less than this for uploads the next one may be refused: a piece of it finds no room. */
const LEAST_BYTES = 1024 * 1024;

/** The troubles that are looked for. */
export interface DiskTroubles {
  fullDisk: Trouble;
  folderGone: Trouble;
}

export interface DiskWatch {
  stop(): void;
}

/** @param checkPlace throws when the folder is not where it was when it was opened */
export function watchDisk(
  { room, checkPlace, troubles, lookMs = LOOK_MS }: {
    /** What uploads may take of the disk, `free` in bytes: they are refused before the disk is full. */
    room: { report(): Promise<{ free: number }> };
    checkPlace(): Promise<void>;
    troubles: DiskTroubles;
    lookMs?: number;
  },
): DiskWatch {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async () => {
    await lookAtPlace(checkPlace, troubles);
    await lookAtRoom(room, troubles);
    if (!stopped) timer = setTimeout(look, lookMs).unref();
  };
  void look();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

async function lookAtPlace(checkPlace: () => Promise<void>, troubles: DiskTroubles): Promise<void> {
  try {
    await checkPlace();
    troubles.folderGone.over();
  } catch (error) {
    troubles.folderGone.seen((error as Error).message);
  }
}

async function lookAtRoom(
  room: { report(): Promise<{ free: number }> },
  troubles: DiskTroubles,
): Promise<void> {
  try {
    const { free } = await room.report();
    if (free >= LEAST_BYTES) troubles.fullDisk.over();
    else troubles.fullDisk.seen(`${free} bytes are free for uploads where DATA_DIR is`);
  } catch {
    // The folder is gone, which was said above.
  }
}
