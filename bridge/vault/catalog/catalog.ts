/**
 * The catalog: which files each home holds, where their bytes are, and which are on their way to the
 * worker. A path is only ever a key in a table, never a path on the host.
 *
 * Each table has a module of its own beside this one; what changes several of them at once is here.
 */
import type { CommandDone, Sender } from "../../../shared/protocol.ts";
import { newBlobId } from "../blob/files.ts";
import { CommandsDone } from "./commands.ts";
import { CatalogDatabase } from "./database.ts";
import { StoredDirectory } from "./directory.ts";
import { DoomedBlobs } from "./doomed-blobs.ts";
import type { BlobReference, CatalogFile } from "./file.ts";
import { type Delivery, Files } from "./files.ts";
import { Ledger } from "./ledger.ts";
import { OutboxEntries, type OutboxEntry } from "./outbox.ts";
import { StoredKeys } from "./school-keys.ts";

export type { BlobReference, CatalogFile } from "./file.ts";
export type { Delivery } from "./files.ts";
export type { OutboxEntry } from "./outbox.ts";

export class Catalog {
  /** What is to be told to the worker. */
  readonly ledger: Ledger;
  readonly commands: CommandsDone;
  readonly directory: StoredDirectory;
  readonly keys: StoredKeys;
  readonly #database: CatalogDatabase;
  readonly #doomed: DoomedBlobs;
  readonly #files: Files;
  readonly #outbox: OutboxEntries;

  /** Opens or makes the catalog in `file`. `now` gives milliseconds since the epoch. */
  constructor(file: string, now: () => number) {
    const database = new CatalogDatabase(file);
    this.#database = database;
    this.ledger = new Ledger(database, now);
    this.commands = new CommandsDone(database);
    this.directory = new StoredDirectory(database);
    this.keys = new StoredKeys(database);
    this.#doomed = new DoomedBlobs(database);
    this.#files = new Files(database, { ledger: this.ledger, doomed: this.#doomed, now });
    this.#outbox = new OutboxEntries(database, this.#files, now);
  }

  close(): void {
    this.#database.close();
  }

  // Files

  find(schoolId: number, path: string): CatalogFile | undefined {
    return this.#files.find(schoolId, path);
  }

  file(id: number): CatalogFile | undefined {
    return this.#files.file(id);
  }

  /** The files of a folder, such as `/inbound`, in the order of their names. */
  list(schoolId: number, folder: string): CatalogFile[] {
    return this.#files.list(schoolId, folder);
  }

  filesInState(state: CatalogFile["state"]): CatalogFile[] {
    return this.#files.inState(state);
  }

  /** A new empty file that is being written: `partial`. Its blob is yet to be created. */
  createPartial(schoolId: number, path: string, keyVersion: number, sender: Sender): CatalogFile {
    return this.#files.createPartial(schoolId, path, keyVersion, sender);
  }

  /** The file is emptied to be written anew: it gets a new blob, the old one is doomed. */
  startOver(id: number, keyVersion: number, sender: Sender): CatalogFile {
    return this.#files.startOver(id, keyVersion, sender);
  }

  /** The file is being written on: until its CLOSE it is `partial`. */
  markPartial(id: number, sender: Sender): CatalogFile {
    return this.#files.markPartial(id, sender);
  }

  /** What a writer left: `complete` after a clean CLOSE, `partial` otherwise. Size in bytes. */
  settleSize(id: number, state: "partial" | "complete", size: number, modifiedAt: number): void {
    this.#files.settleSize(id, state, size, modifiedAt);
  }

  setTimes(id: number, times: { modifiedAt?: number; accessedAt?: number }): void {
    this.#files.setTimes(id, times);
  }

  /** Gives the file another path; a file that has that path already gives way. */
  rename(id: number, path: string): void {
    this.#files.rename(id, path);
  }

  /** Takes the file out of the home; its blob is doomed. */
  remove(id: number): void {
    this.#files.remove(id);
  }

  // Acceptance and delivery

  /**
   * Accepts a settled roster: from here on it is the service's work. In one transaction it gets its
   * time code, its `.processing` name and its place in the outbox.
   */
  accept(id: number): OutboxEntry {
    return this.#outbox.accept(id);
  }

  outbox(): OutboxEntry[] {
    return this.#outbox.all();
  }

  setHash(entry: OutboxEntry, sha256: string): void {
    this.#outbox.setHash(entry, sha256);
  }

  /**
   * The upload is done: `.processing` becomes `.original`, the report and the rejected records
   * appear, and the outbox lets go of it, all at once.
   */
  finishUpload(entry: OutboxEntry, report: Delivery, rejected: Delivery | undefined): void {
    this.#outbox.finish(entry, report, rejected);
  }

  /** Puts an export into `/outbound` and acknowledges the command that asked for it. */
  deliverExport(command: CommandDone, path: string, exportId: string, delivery: Delivery): void {
    this.#database.transaction(() => {
      this.#files.put(path, delivery, exportId);
      this.commands.record(command);
    });
  }

  // Blobs without a file

  /** A blob to write a delivery into; doomed until it is delivered. */
  reserveBlob(schoolId: number, keyVersion: number): BlobReference {
    const blob = newBlobId();
    this.#doomed.add(blob);
    return { schoolId, blob, keyVersion };
  }

  doomedBlobs(): string[] {
    return this.#doomed.all();
  }

  isDoomed(blob: string): boolean {
    return this.#doomed.has(blob);
  }

  forgetBlob(blob: string): void {
    this.#doomed.forget(blob);
  }
}
