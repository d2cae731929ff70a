/**
 * Who may come in: the schools and keys the worker last told of, kept in the catalog so that logins
 * go on while the worker is away.
 */
import * as v from "valibot";
import { Directory, type DirectorySchool } from "../../shared/protocol.ts";
import type { Catalog } from "../vault/catalog/catalog.ts";
import { laneOf } from "./lanes.ts";

type Key = DirectorySchool["keys"][number];

export class SchoolDirectory {
  readonly #catalog: Catalog;
  #schools = new Map<string, { school: DirectorySchool; keys: Map<string, Key> }>();
  #byId = new Map<number, DirectorySchool>();
  #version: number | null = null;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
    const stored = catalog.directory.get();
    // Of an earlier version of this bridge, perhaps: what it did not know has its default.
    if (stored) this.#index(v.parse(Directory, stored));
  }

  /** The version the bridge has; `null` before the first sync. */
  get version(): number | null {
    return this.#version;
  }

  /**
   * Stores a newer directory; from here on only its keys open a session, even when it cannot be
   * stored: then it throws, and the version stays the old one, so that the next sync brings it again.
   */
  replace(directory: Directory): void {
    const before = this.#version;
    this.#index(directory);
    try {
      this.#catalog.directory.save(directory);
    } catch (error) {
      this.#version = before;
      throw error;
    }
  }

  /**
   * The school and key a user may log in with, if the key is the school's and has not expired.
   * `publicKey` is the key's SSH wire form; `at` is in milliseconds since the epoch.
   */
  authenticate(
    slug: string,
    publicKey: Uint8Array,
    at: number,
  ): { schoolId: number; fingerprint: string } | undefined {
    const entry = this.#schools.get(slug);
    const key = entry?.keys.get(Buffer.from(publicKey).toString("base64"));
    if (!entry || !key || isExpired(key, at)) return undefined;
    return { schoolId: entry.school.id, fingerprint: key.fingerprint };
  }

  /** Why such a login is refused, for the log: nobody outside learns which schools there are. */
  refusal(slug: string, publicKey: Uint8Array, at: number): string {
    const entry = this.#schools.get(slug);
    if (!entry) return "there is no such school";
    const offered = Buffer.from(publicKey).toString("base64");
    const { suspended, revoked } = entry.school;
    if (suspended) return "the school is suspended";
    if (revoked.some((key) => key.publicKey === offered)) return "the key was revoked";
    const key = entry.keys.get(offered);
    if (!key) return "the key is none of the school's";
    return isExpired(key, at) ? "the key has expired" : "it is not refused";
  }

  /** The lane that takes a file of this name; `undefined`: none does. */
  laneOf(schoolId: number, name: string): string | undefined {
    return laneOf(this.#byId.get(schoolId)?.lanes ?? [], name);
  }

  slugOf(schoolId: number): string | undefined {
    return this.#byId.get(schoolId)?.slug;
  }

  /** When the next key expires, in milliseconds since the epoch; `undefined`: none ever does. */
  nextExpiry(at: number): number | undefined {
    let next: number | undefined;
    for (const { school } of this.#schools.values()) {
      for (const { expiresAt } of school.keys) {
        const expires = expiresAt === null ? NaN : Date.parse(expiresAt);
        if (expires > at && !(expires >= next!)) next = expires;
      }
    }
    return next;
  }

  /** May a session that logged in with this key go on? */
  admits(slug: string, fingerprint: string, at: number): boolean {
    const keys = this.#schools.get(slug)?.school.keys ?? [];
    return keys.some((key) => key.fingerprint === fingerprint && !isExpired(key, at));
  }

  #index(directory: Directory): void {
    this.#version = directory.version;
    this.#byId = new Map(directory.schools.map((school) => [school.id, school]));
    this.#schools = new Map(directory.schools.map((school) => [
      school.slug,
      { school, keys: new Map(school.keys.map((key) => [key.publicKey, key])) },
    ]));
  }
}

function isExpired(key: Key, at: number): boolean {
  return key.expiresAt !== null && Date.parse(key.expiresAt) <= at;
}
