/**
 * A school's home as one session sees it: the two folders and who may do what in them (SPEC
 * section 2). Files are rows of the catalog and blobs of the vault.
 */
import { isProcessingName } from "../../shared/file-names.ts";
import type { Sender } from "../../shared/protocol.ts";
import type { CatalogFile } from "../vault/catalog/catalog.ts";
import {
  type Attributes,
  type Entry,
  type FolderReader,
  type Home,
  type OpenFile,
  type OpenMode,
  Refusal,
} from "./home.ts";
import { sayingFullDisk } from "./full-disk.ts";
import { type HomeKeeper, setTimes } from "./keeper.ts";
import { checkName, cleanPath, type Folder, type Place, placeOf } from "./paths.ts";
import { Reading } from "./reading.ts";
import { Writing } from "./writing.ts";
import type { SessionToken } from "../intake/settling.ts";

const allowed =
  "You may write, rename and delete files in /inbound, and read and delete files in /outbound.";

/** The home of a school for one session of one sender. */
export function openHome(keeper: HomeKeeper, schoolId: number, sender: Sender): Home {
  const { vault, settling, writers } = keeper;
  const { catalog } = vault;
  const session: SessionToken = Symbol("session");

  /** The file at a path, or a refusal that says there is none. */
  function fileAt(path: string): CatalogFile {
    const place = placeOf(path);
    const file = place.kind === "file" ? catalog.find(schoolId, cleanPath(path)) : undefined;
    if (file) return file;
    if (place.kind === "root" || place.kind === "folder") {
      throw new Refusal("failure", `${cleanPath(path)} is a folder. ${allowed}`);
    }
    throw nothingThere(path);
  }

  function attributesOf(file: CatalogFile): Attributes {
    return fileAttributes(file, writers.current(file.id)?.size ?? file.size);
  }

  async function startWriting(path: string, mode: OpenMode): Promise<OpenFile> {
    const place = writablePlace(path);
    const before = catalog.find(schoolId, cleanPath(path));
    if (!before && !mode.create) throw nothingThere(path);
    if (before && mode.create && mode.exclusive) {
      throw new Refusal("failure", `${place.name} exists already and was not changed.`);
    }
    if (!before) checkName(place.name);
    await vault.room.look();
    const { version } = await vault.keys.current(schoolId);
    // Asked again: another session may have come in between.
    const now = catalog.find(schoolId, cleanPath(path));
    const file = !now
      ? catalog.createPartial(schoolId, cleanPath(path), version, sender)
      : mode.truncate
      ? catalog.startOver(now.id, version, sender)
      : catalog.markPartial(now.id, sender);
    // Only now, when the catalog has it: what it refused (disk full) must have changed nothing.
    if (now) {
      writers.oust(now.id, place.name);
      settling.forget(now.id);
    }
    if (now && mode.truncate) await vault.sweep(now.blob);
    return Writing.start({ keeper, file, name: place.name, session, append: mode.append });
  }

  return sayingFullDisk({
    resolve: cleanPath,

    async stat(path) {
      const place = placeOf(path);
      if (place.kind === "root" || place.kind === "folder") return folderAttributes(keeper.now());
      return attributesOf(fileAt(path));
    },

    async list(path) {
      const place = placeOf(path);
      if (place.kind === "root") {
        const attributes = folderAttributes(keeper.now());
        return readerOf([{ name: "inbound", attributes }, { name: "outbound", attributes }]);
      }
      if (place.kind !== "folder") {
        if (place.kind === "file" && catalog.find(schoolId, cleanPath(path))) {
          throw new Refusal("failure", `${cleanPath(path)} is a file, not a folder.`);
        }
        throw nothingThere(path);
      }
      return readerOf(
        catalog.list(schoolId, `/${place.folder}`).map((file): Entry => ({
          name: file.path.slice(place.folder.length + 2),
          attributes: attributesOf(file),
        })),
      );
    },

    async open(path, mode) {
      if (mode.write) return startWriting(path, mode);
      return Reading.start({ keeper, file: fileAt(path), sender, attributesOf, session });
    },

    async change(path, changes) {
      const place = placeOf(path);
      if (place.kind === "root" || place.kind === "folder") return;
      const file = fileAt(path);
      if (changes.size !== undefined) {
        const opened = await startWriting(path, {
          read: true,
          write: true,
          append: false,
          create: false,
          exclusive: false,
          truncate: false,
        });
        try {
          await opened.change({ size: changes.size });
        } finally {
          // A partial file stays one, whatever its size.
          await (file.state === "partial" ? opened.abandon("write failed") : opened.close());
        }
      }
      setTimes(keeper, file.id, changes, session);
    },

    async remove(path) {
      const file = fileAt(path);
      checkUnlocked(file.path);
      catalog.remove(file.id);
      writers.oust(file.id, file.path);
      settling.forget(file.id);
      await catalog.durable();
      await vault.sweep(file.blob);
    },

    async rename(from, to, { replace }) {
      const file = fileAt(from);
      checkUnlocked(file.path);
      if (placeOf(from).kind === "file" && folderOf(from) !== "inbound") {
        throw denied("Files in /outbound keep their names.");
      }
      const place = writablePlace(to);
      checkName(place.name);
      const path = cleanPath(to);
      if (path === file.path) return;
      const before = catalog.find(schoolId, path);
      if (before && !replace) {
        throw new Refusal(
          "failure",
          `${place.name} exists already. Delete it first or choose another name; both files were kept.`,
        );
      }
      catalog.rename(file.id, path);
      if (before) {
        writers.oust(before.id, place.name);
        settling.forget(before.id);
      }
      settling.touch(file.id, session);
      await catalog.durable();
      if (before) await vault.sweep(before.blob);
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
      settling.leave(session);
    },
  });
}

/** The place of a file that the school may write, or a refusal. */
function writablePlace(path: string): Extract<Place, { kind: "file" }> {
  const place = placeOf(path);
  if (place.kind === "root" || place.kind === "folder") {
    throw denied(`${cleanPath(path)} is a folder and cannot be written or replaced.`);
  }
  if (place.kind === "nowhere") {
    throw denied(`There is no folder for ${shortened(cleanPath(path))}.`);
  }
  if (place.folder === "outbound") throw denied("Only the service writes into /outbound.");
  checkUnlocked(place.name);
  return place;
}

function checkUnlocked(name: string): void {
  if (!isProcessingName(name)) return;
  throw new Refusal(
    "permission_denied",
    "Files named *.processing belong to the service until it is done with them; they cannot be made, changed, renamed or deleted.",
  );
}

function folderOf(path: string): Folder | undefined {
  const place = placeOf(path);
  return place.kind === "file" ? place.folder : undefined;
}

function nothingThere(path: string): Refusal {
  return new Refusal("no_such_file", `There is no ${shortened(cleanPath(path))} in this home.`);
}

function denied(sentence: string): Refusal {
  return new Refusal("permission_denied", `${sentence} ${allowed}`);
}

function shortened(path: string): string {
  return path.length <= 100 ? path : `${path.slice(0, 100)}…`;
}

function folderAttributes(now: number): Attributes {
  const seconds = Math.floor(now / 1000);
  return { kind: "folder", size: 0, permissions: 0o755, modifiedAt: seconds, accessedAt: seconds };
}

function fileAttributes(file: CatalogFile, size: number): Attributes {
  const fixed = isProcessingName(file.path) || file.path.startsWith("/outbound/");
  return {
    kind: "file",
    size,
    permissions: fixed ? 0o444 : 0o644,
    modifiedAt: file.modifiedAt,
    accessedAt: file.accessedAt,
  };
}

function readerOf(entries: Entry[]): FolderReader {
  return { page: async (limit) => entries.splice(0, limit) };
}
