/**
 * One session's visit to its school's home: who came, and what it must be remembered for until it
 * leaves. What is remembered is bounded.
 */
import { isProcessingName, isStageName } from "../../shared/file-names.ts";
import type { SchoolId, Sender } from "../../shared/protocol.ts";
import type { SessionToken } from "../intake/settling.ts";
import type { CatalogFile, ListedFile } from "../vault/catalog/catalog.ts";
import { keep } from "./bounded.ts";
import { type Attributes, type Changes, Refusal } from "./home.ts";
import type { HomeKeeper } from "./keeper.ts";
import type { LeftHere } from "./left-names.ts";
import { cleanPath, placeOf } from "./paths.ts";
import { nothingThere } from "./rules.ts";
import { Spans } from "./spans.ts";

export class Visit {
  readonly session: SessionToken = Symbol("session");
  /** Files by the paths under which this session, or one beside it, closed or renamed them. */
  readonly #left: LeftHere;
  /** What this session was sent, by blob. */
  readonly #sent = new Map<string, Spans>();

  constructor(
    readonly keeper: HomeKeeper,
    readonly schoolId: SchoolId,
    readonly sender: Sender,
  ) {
    this.#left = keeper.leftNames.enter(schoolId, sender);
  }

  leave(): void {
    this.#left.leave();
    this.keeper.settling.leave(this.session);
  }

  /** The file at a path; `undefined` when there is none. */
  find(path: string): CatalogFile | undefined {
    if (placeOf(path).kind !== "file") return undefined;
    return this.keeper.vault.catalog.find(this.schoolId, cleanPath(path));
  }

  /** The file at a path, or a refusal that says there is none. */
  file(path: string): CatalogFile {
    const file = this.find(path);
    if (file) return file;
    const { kind } = placeOf(path);
    if (kind === "root" || kind === "folder") {
      throw new Refusal("failure", `${cleanPath(path)} is a folder. List it instead.`);
    }
    throw nothingThere(path);
  }

  /**
   * The file that the client left under the path and that was accepted since. Clients stat a file and set
   * its times after they closed it, some of them late, and would report an error or send it again.
   */
  accepted(path: string): CatalogFile | undefined {
    const fileId = this.#left.get(cleanPath(path));
    if (fileId === undefined) return undefined;
    const file = this.keeper.vault.catalog.file(fileId);
    const isOfThatName = file && isStageName(file.path) &&
      file.path.replace(/\.[^.]*\.[^.]*$/, "") === cleanPath(path);
    return isOfThatName ? file : undefined;
  }

  /** The session closed the file or gave it this path. */
  remember(path: string, fileId: number): void {
    this.#left.set(path, fileId);
  }

  /** What the session was sent of the blob so far. */
  sentOf(blob: string): Spans {
    const spans = this.#sent.get(blob) ?? new Spans();
    keep(this.#sent, blob, spans);
    return spans;
  }

  forgetSent(blob: string): void {
    this.#sent.delete(blob);
  }

  attributesOf(file: ListedFile): Attributes {
    const fixed = isProcessingName(file.path) || file.path.startsWith("/outbound/");
    return {
      kind: "file",
      size: this.keeper.writers.current(file.id)?.size ?? file.size,
      permissions: fixed ? 0o444 : 0o644,
      modifiedAt: file.modifiedAt,
      accessedAt: file.accessedAt,
    };
  }

  /** Keeps times that the client sets, and lets the file settle anew. */
  setTimes(fileId: number, { modifiedAt, accessedAt }: Changes): void {
    if (modifiedAt === undefined && accessedAt === undefined) return;
    const { catalog } = this.keeper.vault;
    const file = catalog.file(fileId);
    // While the service works on it, its times are the service's; the client hears no error.
    if (!file || isProcessingName(file.path)) return;
    try {
      catalog.setTimes(fileId, {
        ...(modifiedAt !== undefined ? { modifiedAt } : {}),
        ...(accessedAt !== undefined ? { accessedAt } : {}),
      });
    } catch (error) {
      throw this.keeper.storage.refusal(error, "other");
    }
    this.keeper.settling.touch(fileId, this.session);
  }
}
