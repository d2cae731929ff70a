/**
 * Who may come in: the schools and keys the worker last told of, kept in the catalog so that logins
 * go on while the worker is away.
 */
import * as v from "valibot";
import { Networks } from "../../shared/networks.ts";
import {
  Directory,
  type DirectorySchool,
  type LoginRefusal,
  type SchoolId,
} from "../../shared/protocol.ts";
import type { Catalog } from "../vault/catalog/catalog.ts";
import { type Taking, takingOf } from "./lanes.ts";
import type { Showing } from "../logins.ts";

/** Who is in: with which key, from where. */
interface Guest {
  slug: string;
  fingerprint: string;
  address: string;
}

interface Entry {
  school: DirectorySchool;
  /** Where its people may come from. */
  places: Networks | null;
}

interface KnownKey {
  slug: string;
  fingerprint: string;
  revoked: boolean;
  /** Milliseconds since the epoch; NaN: never. */
  expires: number;
  places: Networks | null;
}

export class SchoolDirectory {
  readonly #catalog: Catalog;
  #schools = new Map<string, Entry>();
  /** By their wire form in base64; a key is one school's. */
  #keys = new Map<string, KnownKey>();
  #byId = new Map<SchoolId, DirectorySchool>();
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
   * The school and key a user may log in with, if the key is the school's, has not expired, and may
   * come from there. Whatever is shown, the same is looked up: how long it takes tells nobody which
   * schools there are.
   */
  authenticate(showing: Showing): { schoolId: SchoolId; fingerprint: string } | undefined {
    const { entry, known } = this.#look(showing);
    if (refusalOf(entry, known, showing) !== undefined) return undefined;
    return { schoolId: entry!.school.id, fingerprint: known!.fingerprint };
  }

  /** Why such a login is refused, for who runs the service: nobody outside learns it. */
  refusal(showing: Showing): LoginRefusal {
    const { entry, known } = this.#look(showing);
    return refusalOf(entry, known, showing) ?? "unfinished";
  }

  #look({ slug, publicKey }: Showing): { entry: Entry | undefined; known: KnownKey | undefined } {
    const entry = this.#schools.get(slug);
    const known = this.#keys.get(Buffer.from(publicKey).toString("base64"));
    return { entry, known };
  }

  /** The lane that takes a file of this name, and how it is packed; `undefined`: none does. */
  takingOf(schoolId: SchoolId, name: string): Taking | undefined {
    return takingOf(this.#byId.get(schoolId)?.lanes ?? [], name);
  }

  slugOf(schoolId: SchoolId): string | undefined {
    return this.#byId.get(schoolId)?.slug;
  }

  /** The school of that name, where there is one. */
  idOf(slug: string): SchoolId | undefined {
    return this.#schools.get(slug)?.school.id;
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

  /** May a session that logged in with this key from this address go on? */
  admits({ slug, fingerprint, address }: Guest, at: number): boolean {
    const entry = this.#schools.get(slug);
    const key = entry?.school.keys.find((one) => one.fingerprint === fingerprint);
    const known = key && this.#keys.get(key.publicKey);
    return refusalOf(entry, known, { slug, address, at }) === undefined;
  }

  #index(directory: Directory): void {
    this.#version = directory.version;
    this.#byId = new Map(directory.schools.map((school) => [school.id, school]));
    this.#schools = new Map(
      directory.schools.map((school) => [school.slug, {
        school,
        places: placesOf(school.allowedAddresses),
      }]),
    );
    this.#keys = new Map();
    for (const { slug, keys, revoked } of directory.schools) {
      for (const { publicKey, fingerprint } of revoked ?? []) {
        this.#keys.set(publicKey, { slug, fingerprint, revoked: true, expires: NaN, places: null });
      }
      for (const { publicKey, fingerprint, expiresAt, allowedAddresses } of keys) {
        const expires = expiresAt === null ? NaN : Date.parse(expiresAt);
        const places = placesOf(allowedAddresses);
        this.#keys.set(publicKey, { slug, fingerprint, revoked: false, expires, places });
      }
    }
  }
}

/** `null`: from anywhere. What an older bridge stored says nothing of it. */
function placesOf(allowed: readonly string[] | undefined): Networks | null {
  return allowed && allowed.length > 0 ? new Networks(allowed) : null;
}

/** `undefined`: it is not refused. */
function refusalOf(
  entry: Entry | undefined,
  known: KnownKey | undefined,
  { slug, address, at }: Pick<Showing, "slug" | "address" | "at">,
): LoginRefusal | undefined {
  if (!entry) return "school_unknown";
  if (entry.school.suspended) return "school_suspended";
  if (known?.slug !== slug) return "key_unknown";
  if (known.revoked) return "key_revoked";
  if (known.expires <= at) return "key_expired";
  const isHere = [entry.places, known.places].every((places) => places?.has(address) ?? true);
  return isHere ? undefined : "address_foreign";
}
