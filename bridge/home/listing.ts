/**
 * Folders, listed from the catalog a page at a time.
 */
import { type Attributes, type Entry, type FolderReader, Refusal } from "./home.ts";
import { cleanPath, placeOf } from "./paths.ts";
import { nothingThere } from "./rules.ts";
import type { Visit } from "./visit.ts";

export function folderAttributes(now: number): Attributes {
  const seconds = Math.floor(now / 1000);
  return { kind: "folder", size: 0, permissions: 0o755, modifiedAt: seconds, accessedAt: seconds };
}

/** OPENDIR. The reader keeps the last name it gave and nothing else of the folder. */
export function listFolder(visit: Visit, path: string): FolderReader {
  const place = placeOf(path);
  if (place.kind === "root") return rootReader(visit.keeper.now());
  if (place.kind === "folder") return folderReader(visit, `/${place.folder}`);
  if (!visit.find(path)) throw nothingThere(path);
  throw new Refusal("failure", `${cleanPath(path)} is a file, not a folder.`);
}

function rootReader(now: number): FolderReader {
  const attributes = folderAttributes(now);
  const entries: Entry[] = [{ name: "inbound", attributes }, { name: "outbound", attributes }];
  return { page: async (limit) => entries.splice(0, limit) };
}

function folderReader(visit: Visit, folder: string): FolderReader {
  const { catalog } = visit.keeper.vault;
  let after = "";
  let ended = false;
  return {
    async page(limit) {
      // A folder that fits one page is shown as it was at one moment.
      if (ended) return [];
      const entries = catalog.list(visit.schoolId, folder, after, limit).map((file): Entry => ({
        name: file.path.slice(folder.length + 1),
        attributes: visit.attributesOf(file),
      }));
      after = entries.at(-1)?.name ?? after;
      ended = entries.length < limit;
      return entries;
    },
  };
}
