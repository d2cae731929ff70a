/**
 * A full disk, in words for the person at the client.
 */
import { isDiskFull } from "../vault/blob/disk-room.ts";
import { type Home, Refusal } from "./home.ts";

const UPLOAD =
  "The service's disk is full. What arrived before is kept as a partial file; try again later or resume.";
const OTHER =
  "The service's disk is full, so this could not be done and nothing was changed. Try again later; deleting files makes room.";

/** The refusal of something that a full disk prevented; anything else stays what it is. */
export function refusedByDisk(error: unknown, what: "upload" | "other"): unknown {
  if (!isDiskFull(error)) return error;
  return new Refusal("failure", what === "upload" ? UPLOAD : OTHER);
}

/** The same home, which says so when the disk is full. */
export function sayingFullDisk(home: Home): Home {
  const saying =
    <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      try {
        return await work(...args);
      } catch (error) {
        throw refusedByDisk(error, "other");
      }
    };
  return {
    ...home,
    open: saying(home.open),
    change: saying(home.change),
    remove: saying(home.remove),
    rename: saying(home.rename),
  };
}
