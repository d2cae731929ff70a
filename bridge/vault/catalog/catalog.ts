/**
 * The catalog: which files each home holds, where their bytes are, and which are on their way to the
 * worker. A path is only ever a key in a table, never a path on the host.
 *
 * Each table has a module of its own beside this one; what changes several of them at once is here.
 */
import type { CommandDone, SchoolId, Sender, UploadId } from "../../../shared/protocol.ts";
import { newBlobId } from "../blob/files.ts";
import { CommandsDone } from "./commands.ts";
import { CatalogDatabase } from "./database.ts";
import { StoredDirectory } from "./directory.ts";
import { catalogFaults } from "./faults.ts";
import { DoomedBlobs } from "./doomed-blobs.ts";
import type { BlobReference, CatalogFile, FileState, ListedFile } from "./file.ts";
import { type Delivery, Files, type Left, type Renaming } from "./files.ts";
import { Identity } from "./identity.ts";
import { KeyVersions } from "./key-versions.ts";
import { Ledger } from "./ledger.ts";
import { OutboxEntries, type OutboxEntry, type OutboxState, type Result } from "./outbox.ts";
import { StoredKeys, type WrappedKey } from "./school-keys.ts";
import { SmallBlobs } from "./small-blobs.ts";

export { FolderGone, NotDurable } from "./write-ahead-log.ts";
export type { BlobReference, CatalogFile, FileState, ListedFile } from "./file.ts";
export { BlobReplaced, type Delivery, type Left, PathTaken } from "./files.ts";
export type { OutboxEntry, OutboxState, Result } from "./outbox.ts";
export { pathBefore, replacedBy } from "./replaced.ts";

export class Catalog {
  /** What is to be told to the worker. */
  readonly ledger: Ledger;
  readonly commands: CommandsDone;
  readonly identity: Identity;
  readonly directory: StoredDirectory;
  readonly keys: StoredKeys;
  readonly keyVersions: KeyVersions;
  readonly smallBlobs: SmallBlobs;
  readonly #database: CatalogDatabase;
  readonly #doomed: DoomedBlobs;
  readonly #files: Files;
  readonly #outbox: OutboxEntries;
  /** Blobs of which nothing was stored yet; each is soon asked for. */
  readonly #fresh = new Set<string>();

  /** Opens or makes the catalog in `file`. `now` gives milliseconds since the epoch. */
  constructor(file: string, now: () => number) {
    const database = new CatalogDatabase(file);
    this.#database = database;
    this.ledger = new Ledger(database, now);
    this.commands = new CommandsDone(database);
    this.identity = new Identity(database);
    this.directory = new StoredDirectory(database);
    this.keys = new StoredKeys(database);
    this.smallBlobs = new SmallBlobs(database);
    this.#doomed = new DoomedBlobs(database);
    this.#files = new Files(database, { ledger: this.ledger, doomed: this.#doomed, now });
    const { keys, commands, ledger } = this;
    this.keyVersions = new KeyVersions(database, { keys, commands, ledger, doomed: this.#doomed });
    this.#outbox = new OutboxEntries(database, this.#files, now);
  }

  close(): void {
    this.#database.close();
  }

  /**
   * Returns when everything done here so far survives power loss. What the other methods do survives a
   * crash of the process; before an answer says that something is done, wait for this.
   *
   * @throws {FolderGone} when what was done is not where it would be found
   */
  durable(): Promise<void> {
    return this.#database.durable();
  }

  /** Resolves when what is done here can never be promised again: the bridge is to end. */
  get failed(): Promise<Error> {
    return this.#database.failed;
  }

  /** @throws {FolderGone} when the folder it is in was moved away or removed */
  checkPlace(): Promise<void> {
    return this.#database.checkPlace();
  }

  // Files

  /** How many files a school's home has, and their bytes. */
  used(schoolId: SchoolId): { files: number; bytes: number } {
    return this.#files.used(schoolId);
  }

  find(schoolId: SchoolId, path: string): CatalogFile | undefined {
    return this.#files.find(schoolId, path);
  }

  file(id: number): CatalogFile | undefined {
    return this.#files.file(id);
  }

  /**
   * The files of a folder, such as `/inbound`, in the order of their names (by code point): those after
   * the name `after`, at most `limit` of them.
   */
  list(schoolId: SchoolId, folder: string, after = "", limit = -1): ListedFile[] {
    return this.#files.list(schoolId, folder, after, limit);
  }

  /** What is unfinished; it costs nothing how many files are kept. */
  filesInState(state: Exclude<FileState, "kept">): CatalogFile[] {
    return this.#files.inState(state);
  }

  /** All files of all homes, in the order of their ids, a page at a time. */
  filesAfter(id: number, limit: number): CatalogFile[] {
    return this.#files.after(id, limit);
  }

  /** Files whose writer has not left; after a start, those it was interrupted at. */
  filesBeingWritten(): CatalogFile[] {
    return this.#files.beingWritten();
  }

  /** A new empty file that is being written: `partial`. Its blob is yet to be created. */
  createPartial(schoolId: SchoolId, path: string, keyVersion: number, sender: Sender): CatalogFile {
    return this.#withFresh(this.#files.createPartial(schoolId, path, keyVersion, sender));
  }

  /**
   * The file is emptied to be written anew: it gets a new blob. The old one is doomed, or, where its
   * CLOSE was answered OK, kept until that of the new one is ({@link replacedBy}).
   */
  startOver(id: number, keyVersion: number, sender: Sender): CatalogFile {
    this.keyVersions.written(id);
    return this.#withFresh(this.#files.startOver(id, keyVersion, sender));
  }

  /** The closed file that an upload which is not closed yet is to replace. */
  replacedBy(id: number): CatalogFile | undefined {
    return this.#files.replacedBy(id);
  }

  /** An upload that was to replace a file could not begin: the file is what it was, its bytes doomed. */
  putBack(replaced: CatalogFile, by: CatalogFile): void {
    this.#files.putBack(replaced, by);
  }

  /** The upload that was to replace it broke off, and no lane takes it: it is kept as `.original`. */
  keepReplaced(id: number): void {
    this.#outbox.keepReplaced(id);
  }

  /** The file is being written on: until its CLOSE it is `partial`. */
  markPartial(id: number, sender: Sender): CatalogFile {
    this.keyVersions.written(id);
    return this.#files.markPartial(id, sender);
  }

  /**
   * What the writer of this file and blob left: `closed` after a clean CLOSE, `partial` otherwise.
   *
   * @returns the blob that is doomed, of a file that this one replaced
   * @throws {BlobReplaced} when the file has another blob by now or is gone; nothing is changed
   */
  settleSize(
    file: { id: number; blob: string },
    state: "partial" | "closed",
    left: Left,
  ): string | undefined {
    return this.#files.settleSize(file, state, left);
  }

  /** From this byte on not all that is stored was sent; `null`: all of it was. */
  markGap(file: { id: number; blob: string }, at: number | null): void {
    this.#files.markGap(file, at);
  }

  /** It has settled and no lane takes it: from `closed` to `kept`. */
  keep(id: number): void {
    this.#files.keep(id);
  }

  /** The hash of all the file's bytes, found out later than at its CLOSE. */
  setHash(file: { id: number; blob: string }, sha256: string): void {
    this.#files.setHash(file, sha256);
  }

  setTimes(id: number, times: { modifiedAt?: number; accessedAt?: number }): void {
    this.#files.setTimes(id, times);
  }

  /**
   * Gives the file another path; a file that has that path already gives way. A `kept` one is `closed`
   * again.
   */
  rename(id: number, path: string, renaming: Renaming): void {
    this.#files.rename(id, path, renaming);
  }

  /** Takes the file out of the home, `by` a session or the service (`null`); its blob is doomed. */
  remove(id: number, by: Sender | null, why?: string): void {
    this.#files.remove(id, by, why);
  }

  // Acceptance and delivery

  /**
   * Accepts a settled roster, or one that was replaced by an upload that broke off: from here on it is
   * the service's work. In one transaction it gets its
   * time code, its `.processing` name and its place in the outbox.
   */
  accept(id: number, packing: string | null = null): OutboxEntry {
    return this.#outbox.accept(id, packing);
  }

  /** All that was accepted and is not finished, in the order of acceptance, whatever its state. */
  outbox(): OutboxEntry[] {
    return this.#outbox.all();
  }

  outboxEntry(uploadId: UploadId): OutboxEntry | undefined {
    return this.#outbox.find(uploadId);
  }

  /** Holds or parks an upload, with the reason, or lets it go on (`next`). False: it is not there. */
  setOutboxState(uploadId: UploadId, state: OutboxState, reason: string | null = null): boolean {
    return this.#outbox.setState(uploadId, state, reason);
  }

  /**
   * The upload is done: `.processing` becomes `.original`, its results appear, and the outbox lets go
   * of it, all at once.
   *
   * @throws {PathTaken} when a result's path is another file's
   */
  finishUpload(entry: OutboxEntry, results: Result[]): void {
    this.#outbox.finish(entry, results);
  }

  /**
   * Puts an export into `/outbound`, in the place of one that was delivered under this name before, and
   * acknowledges the command that asked for it.
   */
  deliverExport(
    command: CommandDone,
    path: string,
    exportId: string | null,
    delivery: Delivery,
  ): void {
    this.#database.transaction(() => {
      const before = this.find(delivery.reference.schoolId, path);
      if (before) this.#files.removeIn(before, null);
      this.#files.put(path, delivery, exportId === null ? {} : { exportId });
      this.commands.record(command);
    });
  }

  /**
   * Takes everything of the school out of the catalog: its files, its place in the outbox, and its
   * keys, after which nothing of it can be read. Its blobs are doomed; what is still to be told of it
   * is told. Doing it again does no harm.
   */
  purgeSchool(schoolId: SchoolId): void {
    this.#database.erasing(() => {
      this.#outbox.purge(schoolId);
      this.#files.purge(schoolId);
      this.keys.purge(schoolId);
    });
  }

  /** All keys are wrapped with another master key: all or none, and the old ones leave no trace. */
  rewrapKeys(keys: WrappedKey[]): void {
    this.#database.erasing(() => this.keys.rewrap(keys));
  }

  // Blobs without a file

  /** A blob to write a delivery into; doomed until it is delivered. */
  reserveBlob(schoolId: SchoolId, keyVersion: number): BlobReference {
    const blob = newBlobId();
    this.#doomed.add(blob);
    return this.#withFresh({ schoolId, blob, keyVersion });
  }

  #withFresh<Of extends BlobReference>(of: Of): Of {
    this.#fresh.add(of.blob);
    return of;
  }

  /** Does a file, or the list of the doomed, have this blob? */
  knowsBlob(blob: string): boolean {
    return this.#files.hasBlob(blob) || this.#doomed.has(blob);
  }

  /** Was the blob made up in this run and never asked for here before? Then nothing is stored of it. */
  isFresh(blob: string): boolean {
    return this.#fresh.delete(blob);
  }

  /** Blobs in the catalog itself that neither a file nor the list of the doomed has. */
  orphanedSmallBlobs(): string[] {
    return this.smallBlobs.ids().filter((blob) => !this.knowsBlob(blob));
  }

  /** Where another file of the school has this hash, its path. */
  fileOfHash(file: CatalogFile, sha256: string): string | undefined {
    return this.#files.pathOfHash(file, sha256);
  }

  /** What is wrong with the catalog by itself, a sentence each. */
  faults(): Iterable<string> {
    return catalogFaults(this.#database);
  }

  doom(blob: string): void {
    this.#doomed.add(blob);
  }

  doomedBlobs(): string[] {
    return this.#doomed.all();
  }

  isDoomed(blob: string): boolean {
    return this.#doomed.has(blob);
  }

  /** Its file, if it had one, was removed. */
  forgetBlob(blob: string): void {
    this.#database.transaction(() => {
      this.smallBlobs.remove(blob);
      this.#doomed.forget(blob);
    });
  }
}
