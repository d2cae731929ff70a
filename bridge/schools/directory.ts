/**
 * Who may come in: the schools and keys the worker last told of, kept in the catalog so that logins
 * go on while the worker is away.
 */
import type { Directory, DirectorySchool } from "../../shared/protocol.ts";
import type { Catalog } from "../vault/catalog/catalog.ts";

type Key = DirectorySchool["keys"][number];

export class SchoolDirectory {
  readonly #catalog: Catalog;
  #schools = new Map<string, { school: DirectorySchool; keys: Map<string, Key> }>();
  #version: number | null = null;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
    const stored = catalog.directory.get();
    if (stored) this.#index(stored);
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

  /** May a session that logged in with this key go on? */
  admits(slug: string, fingerprint: string, at: number): boolean {
    const keys = this.#schools.get(slug)?.school.keys ?? [];
    return keys.some((key) => key.fingerprint === fingerprint && !isExpired(key, at));
  }

  #index(directory: Directory): void {
    this.#version = directory.version;
    this.#schools = new Map(directory.schools.map((school) => [
      school.slug,
      { school, keys: new Map(school.keys.map((key) => [key.publicKey, key])) },
    ]));
  }
}

function isExpired(key: Key, at: number): boolean {
  return key.expiresAt !== null && Date.parse(key.expiresAt) <= at;
}
