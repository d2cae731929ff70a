/**
 * A school's home as one session sees it: the two folders and who may do what in them (SPEC
 * section 2). Files are rows of the catalog and blobs of the vault.
 */
import type { SchoolId, Sender } from "../../shared/protocol.ts";
import { inTurn } from "./change-turns.ts";
import { changeFile } from "./changing.ts";
import type { Home } from "./home.ts";
import type { HomeKeeper } from "./keeper.ts";
import { folderAttributes, listFolder } from "./listing.ts";
import { removeFile, renameFile } from "./moving.ts";
import { openFile } from "./opening.ts";
import { cleanPath, placeOf } from "./paths.ts";
import { denied } from "./rules.ts";
import { sayingStorage } from "./storage.ts";
import { Visit } from "./visit.ts";

/** The home of a school for one session of one sender. */
export function openHome(keeper: HomeKeeper, schoolId: SchoolId, sender: Sender): Home {
  const visit = new Visit(keeper, schoolId, sender);
  return inTurn(
    keeper.changes,
    schoolId,
    sayingStorage(keeper.storage, {
      resolve: cleanPath,
      async stat(path) {
        const { kind } = placeOf(path);
        if (kind === "root" || kind === "folder") return folderAttributes(keeper.now());
        const file = visit.find(path) ?? visit.accepted(path);
        return visit.attributesOf(file ?? visit.file(path));
      },
      list: async (path) => listFolder(visit, path),
      open: (path, mode) => openFile(visit, path, mode),
      change: (path, changes) => changeFile(visit, path, changes),
      remove: (path) => removeFile(visit, path),
      rename: (from, to, options) => renameFile(visit, from, to, options),
      async room() {
        const disk = await keeper.vault.room.report();
        const free = Math.min(disk.free, keeper.quota.free(schoolId));
        return { total: Math.min(disk.total, keeper.quota.most.bytes), free };
      },
      refuse(request) {
        const what = {
          mkdir: "Folders cannot be made",
          rmdir: "The folders cannot be removed",
          symlink: "Links cannot be made",
          readlink: "There are no links",
          link: "Links cannot be made",
        }[request];
        throw denied(`${what}: this home has the two folders /inbound and /outbound.`);
      },
      async leave() {
        visit.leave();
      },
    }),
  );
}
