/**
 * The keyring of what is stored: it is opened only if it opens the keys of the schools. Also the end of
 * replacing a master key file in its own place, which a crash may have stopped half way.
 */
import { rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { SettingError } from "../shared/settings.ts";
import { formatTimeCode } from "../shared/time-code.ts";
import { TemporaryFailure } from "./start-failure.ts";
import { syncFolder } from "./sync-folder.ts";
import type { StoredKeys } from "./vault/catalog/school-keys.ts";
import { type Keyring, KeyringAway, KeyringError } from "./vault/keys/keyring.ts";
import { describePlace, type KeyringPlace, openKeyring } from "./vault/keys/open-keyring.ts";
import { keyContext } from "./vault/keys/school-keys.ts";

/** So many of the stored keys are tried: one may be damaged by itself. */
const TRIED = 3;

/**
 * Opens the keyring that the settings name. Only where no key is stored yet may it make a master key.
 *
 * @param now milliseconds since the epoch
 * @throws {SettingError} when it cannot be used, or is another than the stored keys are wrapped with
 * @throws {TemporaryFailure} when its token is away
 */
export async function openStoredKeyring(
  place: KeyringPlace,
  keys: StoredKeys,
  now: () => number,
): Promise<Keyring> {
  return await asStart(async () => {
    const mayBeNew = !keys.any();
    if (place.kind === "file" && !mayBeNew) await finishReplacing(place.file, keys, now);
    const keyring = await openKeyring(place, { mayBeNew });
    if (mayBeNew || await opensStored(keyring, keys)) return keyring;
    keyring.close();
    const setting = place.kind === "file" ? "MASTER_KEY_FILE" : "KEYRING";
    throw new KeyringError(
      `${setting}: the master key, ${
        describePlace(place)
      }, is not the one that the stored keys of the schools are wrapped with. Name that one; nothing was changed.`,
    );
  });
}

/** A keyring that cannot be used is a setting's fault; one that is away may come back. */
export async function asStart<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof KeyringAway) throw new TemporaryFailure(message);
    if (error instanceof KeyringError) throw new SettingError(message);
    throw error;
  }
}

/** Does it open the keys that are stored? */
export async function opensStored(keyring: Keyring, keys: StoredKeys): Promise<boolean> {
  for (const { schoolId, version, wrapped } of keys.some(TRIED)) {
    try {
      await keyring.unwrap(wrapped, keyContext(schoolId, version));
      return true;
    } catch (error) {
      if (!(error instanceof KeyringError)) throw error;
    }
  }
  return false;
}

/** Where a new master key waits until the stored keys are wrapped with it. */
export const waitingFile = (file: string) => `${file}.new`;

/**
 * If the stored keys are wrapped with the master key that waits beside the file, it takes its place; the
 * old one is kept under a name with the time.
 *
 * @returns whether it did
 */
export async function finishReplacing(
  file: string,
  keys: StoredKeys,
  now: () => number,
): Promise<boolean> {
  const waiting = waitingFile(file);
  if (!await exists(waiting)) return false;
  const keyring = await openKeyring({ kind: "file", file: waiting }, { mayBeNew: false });
  if (!await opensStored(keyring, keys)) return false;
  if (await exists(file)) await rename(file, `${file}.until-${formatTimeCode(now())}`);
  await rename(waiting, file);
  await syncFolder(dirname(file));
  return true;
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(() => true, () => false);
}
