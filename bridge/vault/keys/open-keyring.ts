/** Which keyring the settings name, and opening it. */
import { readFile, stat } from "node:fs/promises";
import { fileKeyring, type Keyring, KeyringError } from "./keyring.ts";
import { pkcs11Keyring } from "./pkcs11-keyring.ts";

/** Where the master key is. */
export type KeyringPlace =
  | { kind: "file"; file: string }
  | { kind: "pkcs11"; module: string; tokenLabel: string; pinFile: string; keyLabel: string };

/**
 * Opens the keyring; its master key is made only if it `mayBeNew`.
 *
 * @throws {KeyringError} when a setting, or what it names, is wrong
 * @throws {KeyringAway} when a token is not there now
 */
export async function openKeyring(
  place: KeyringPlace,
  options: { mayBeNew: boolean },
): Promise<Keyring> {
  if (place.kind === "file") {
    return await named("MASTER_KEY_FILE", () => fileKeyring(place.file, options));
  }
  const { module, tokenLabel, keyLabel } = place;
  const pin = await named("PKCS11_PIN_FILE", () => readPin(place.pinFile));
  return await named(
    "KEYRING",
    () => pkcs11Keyring({ module, tokenLabel, keyLabel, pin }, options),
  );
}

/** A person's name for it: the file, or the token and the key's label. */
export function describePlace(place: KeyringPlace): string {
  return place.kind === "file"
    ? `the file ${place.file}`
    : `the key "${place.keyLabel}" in the token "${place.tokenLabel}"`;
}

async function named<Result>(setting: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const isOwn = error instanceof KeyringError || "syscall" in (error as Error);
    if (!isOwn) throw error;
    const { message } = error as Error;
    // Some name the setting themselves.
    throw new KeyringError(/^[A-Z\d_]+ is /.test(message) ? message : `${setting}: ${message}`);
  }
}

/** The PIN is a file, so that it is in no environment, which others of the same user can read. */
async function readPin(file: string): Promise<string> {
  const stats = await stat(file);
  const mode = stats.mode & 0o777;
  if (mode & 0o077) {
    throw new KeyringError(
      `The file ${file} has mode 0${
        mode.toString(8)
      }, so others may read the PIN; it must be 0600 (chmod 600).`,
    );
  }
  const pin = (await readFile(file, "utf8")).replace(/\r?\n$/, "");
  if (pin === "") throw new KeyringError(`The file ${file} is empty; it takes the token's PIN.`);
  return pin;
}
