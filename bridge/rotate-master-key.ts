/**
 * The word `rotate-master-key`: every school's key is wrapped with another master key, while no bridge
 * runs. The keys themselves, and so the bytes of the files, stay what they are.
 */
import { rm } from "node:fs/promises";
import { SettingError } from "../shared/settings.ts";
import { openCatalogOf } from "./open.ts";
import type { StorageSettings } from "./settings.ts";
import {
  asStart,
  finishReplacing,
  opensStored,
  openStoredKeyring,
  waitingFile,
} from "./stored-keyring.ts";
import type { Catalog } from "./vault/catalog/catalog.ts";
import type { WrappedKey } from "./vault/catalog/school-keys.ts";
import { type Keyring, KeyringError } from "./vault/keys/keyring.ts";
import { describePlace, type KeyringPlace, openKeyring } from "./vault/keys/open-keyring.ts";
import { keyContext } from "./vault/keys/school-keys.ts";

/**
 * Wraps all stored keys with the master key of `target`, which is made if it is not there. All of them or
 * none: after a crash the folder opens with the old settings or with the new ones, and doing it again
 * does what is left. Where `target` is the file that the master key is in, a new file takes its place.
 *
 * @param now milliseconds since the epoch
 * @throws {SettingError} when one of the two cannot be used; nothing was changed
 * @throws {TemporaryFailure} when a bridge runs on the folder, or a token is away
 */
export async function rotateMasterKey(
  { dataDir, keyring: place }: StorageSettings,
  target: KeyringPlace,
  { now, write }: { now(): number; write(line: string): void },
): Promise<void> {
  const { catalog, close } = await openCatalogOf(dataDir, { now }, { mayBeNew: false });
  try {
    if (isSameFile(place, target)) await replaceFile(place, catalog, now);
    else await rewrap(place, target, catalog, now);
    const next = isSameFile(place, target) ? "Start the bridge." : nextSettings(target);
    write(`The schools' keys are wrapped with ${describePlace(target)}. ${next}`);
  } finally {
    close();
  }
}

type FilePlace = Extract<KeyringPlace, { kind: "file" }>;

function isSameFile(place: KeyringPlace, target: KeyringPlace): place is FilePlace {
  return place.kind === "file" && target.kind === "file" && place.file === target.file;
}

async function replaceFile({ file }: FilePlace, catalog: Catalog, now: () => number) {
  // What an earlier run had done before it was killed.
  if (await asStart(() => finishReplacing(file, catalog.keys, now))) return;
  const waiting: FilePlace = { kind: "file", file: waitingFile(file) };
  await rm(waiting.file, { force: true });
  await rewrap({ kind: "file", file }, waiting, catalog, now);
  await asStart(() => finishReplacing(file, catalog.keys, now));
}

async function rewrap(
  place: KeyringPlace,
  target: KeyringPlace,
  catalog: Catalog,
  now: () => number,
): Promise<void> {
  if (!catalog.keys.any()) {
    throw new SettingError(
      "DATA_DIR has no key of a school yet, so nothing is to be wrapped anew; start the bridge with the new settings.",
    );
  }
  const to = await asStart(() => openKeyring(target, { mayBeNew: true }));
  try {
    if (await asStart(() => opensStored(to, catalog.keys))) return refuseSame(place, catalog, now);
    const from = await openStoredKeyring(place, catalog.keys, now);
    try {
      catalog.rewrapKeys(await asStart(() => wrappedAnew(catalog.keys.all(), from, to)));
      await catalog.durable();
    } finally {
      from.close();
    }
  } finally {
    to.close();
  }
}

/** Wrapped with the new one already: an earlier run did it, unless the old one opens them too. */
async function refuseSame(
  place: KeyringPlace,
  { keys }: Catalog,
  now: () => number,
): Promise<void> {
  const from = await openStoredKeyring(place, keys, now).catch(() => undefined);
  if (!from) return;
  from.close();
  throw new SettingError(
    `The new master key is the one in use, ${
      describePlace(place)
    }; name another one with NEW_KEYRING, NEW_MASTER_KEY_FILE or NEW_PKCS11_KEY_LABEL.`,
  );
}

async function wrappedAnew(keys: WrappedKey[], from: Keyring, to: Keyring): Promise<WrappedKey[]> {
  const anew: WrappedKey[] = [];
  for (const { schoolId, version, wrapped } of keys) {
    const context = keyContext(schoolId, version);
    const key = await from.unwrap(wrapped, context).catch((error) => {
      if (!(error instanceof KeyringError)) throw error;
      throw new KeyringError(
        `A stored key does not open, so none was changed: ${error.message} Restore it, or purge the school.`,
      );
    });
    anew.push({ schoolId, version, wrapped: await to.wrap(key, context) });
  }
  return anew;
}

function nextSettings(target: KeyringPlace): string {
  const settings = target.kind === "file" ? ["KEYRING=file", `MASTER_KEY_FILE=${target.file}`] : [
    "KEYRING=pkcs11",
    `PKCS11_MODULE=${target.module}`,
    `PKCS11_TOKEN_LABEL=${target.tokenLabel}`,
    `PKCS11_PIN_FILE=${target.pinFile}`,
    `PKCS11_KEY_LABEL=${target.keyLabel}`,
  ];
  return `Start the bridge with ${settings.join(", ")}.`;
}
