/**
 * The schools' keys: 256 bits each, in versions. They are stored wrapped by the keyring, and are in
 * the clear only in this process's memory.
 */
import type { SchoolId } from "../../../shared/protocol.ts";
import { randomBytes } from "node:crypto";
import { type Keyring, KeyringError } from "./keyring.ts";

/** Where the wrapped keys are kept. */
export interface SchoolKeyStore {
  load(schoolId: SchoolId): { version: number; wrapped: Uint8Array }[];
  /** 0 when there is none. */
  newest(schoolId: SchoolId): number;
  /** Durable when it returns. */
  save(schoolId: SchoolId, version: number, wrapped: Uint8Array): void;
}

export interface SchoolKey {
  version: number;
  key: Uint8Array;
}

const KEY_BYTES = 32;
const CACHED_KEYS = 256;

export class SchoolKeys {
  readonly #keyring: Keyring;
  readonly #store: SchoolKeyStore;
  readonly #random: (bytes: number) => Uint8Array;
  /** Unwrapped keys, least recently used first. */
  readonly #unwrapped = new Map<string, Promise<Uint8Array>>();
  /** First keys that are being made: two callers at once get the same one. */
  readonly #making = new Map<SchoolId, Promise<SchoolKey>>();

  constructor(
    keyring: Keyring,
    store: SchoolKeyStore,
    random: (bytes: number) => Uint8Array = randomBytes,
  ) {
    this.#keyring = keyring;
    this.#store = store;
    this.#random = random;
  }

  /** The school's newest key, which new blobs are encrypted with; made when it has none. */
  async current(schoolId: SchoolId): Promise<SchoolKey> {
    const version = this.#store.newest(schoolId);
    if (version > 0) return { version, key: await this.version(schoolId, version) };
    return this.#make(schoolId);
  }

  /** @throws {KeyringError} when the school has no key of this version, or the keyring does not open it */
  version(schoolId: SchoolId, version: number): Promise<Uint8Array> {
    const context = keyContext(schoolId, version);
    const key = this.#unwrapped.get(context) ?? this.#unwrap(schoolId, version);
    this.#unwrapped.delete(context);
    this.#unwrapped.set(context, key);
    // A keyring that is away for a moment must not be remembered as a key that cannot be had.
    key.catch(() => {
      if (this.#unwrapped.get(context) === key) this.#unwrapped.delete(context);
    });
    for (const oldest of this.#unwrapped.keys()) {
      if (this.#unwrapped.size <= CACHED_KEYS) break;
      this.#unwrapped.delete(oldest);
    }
    return key;
  }

  /** Makes another version of the school's key; `store` keeps it, wrapped, and what goes with it. */
  async rotate(
    schoolId: SchoolId,
    store: (version: number, wrapped: Uint8Array) => void,
  ): Promise<void> {
    const { version: before } = await this.current(schoolId);
    const version = before + 1;
    const key = this.#random(KEY_BYTES);
    store(version, await this.#keyring.wrap(key, keyContext(schoolId, version)));
  }

  /** Older versions were destroyed. */
  forgetOlder(schoolId: SchoolId, version: number): void {
    for (let older = 1; older < version; older++) {
      this.#unwrapped.delete(keyContext(schoolId, older));
    }
  }

  /** Forgets the keys in memory, such as those of a school that was purged. */
  forget(schoolId: SchoolId): void {
    for (const context of [...this.#unwrapped.keys()]) {
      if (context.startsWith(`school:${schoolId}:`)) this.#unwrapped.delete(context);
    }
  }

  async #unwrap(schoolId: SchoolId, version: number): Promise<Uint8Array> {
    const row = this.#store.load(schoolId).find((row) => row.version === version);
    if (!row) {
      throw new KeyringError(`School ${schoolId} has no storage key of version ${version}.`);
    }
    return this.#keyring.unwrap(row.wrapped, keyContext(schoolId, version));
  }

  #make(schoolId: SchoolId): Promise<SchoolKey> {
    const making = this.#making.get(schoolId) ?? this.#makeFirst(schoolId);
    this.#making.set(schoolId, making);
    const done = () => this.#making.delete(schoolId);
    making.then(done, done);
    return making;
  }

  async #makeFirst(schoolId: SchoolId): Promise<SchoolKey> {
    const version = 1;
    const key = this.#random(KEY_BYTES);
    const wrapped = await this.#keyring.wrap(key, keyContext(schoolId, version));
    this.#store.save(schoolId, version, wrapped);
    return { version, key };
  }
}

/** What a school's key is wrapped for. */
export function keyContext(schoolId: SchoolId, version: number): string {
  return `school:${schoolId}:${version}`;
}
