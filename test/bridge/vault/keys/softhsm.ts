/** A PKCS#11 token for tests: SoftHSM2 of Debian (`apt-get install softhsm2`). */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TokenPlace } from "../../../../bridge/vault/keys/pkcs11-keyring.ts";

export const SOFTHSM_MODULE = "/usr/lib/softhsm/libsofthsm2.so";
export const PIN = "the PIN of the test";

export interface SoftHsm {
  folder: string;
  /** What a process needs in its environment to see the tokens. */
  environment: { SOFTHSM2_CONF: string };
  place(tokenLabel?: string, keyLabel?: string): TokenPlace;
  /** The cable is pulled, and put back. */
  takeAway(): void;
  bringBack(): void;
  remove(): void;
}

/** With the tokens `bridge` and `other`. This process sees them from then on. */
export function softHsm(): SoftHsm {
  const folder = mkdtempSync(join(tmpdir(), "rosterbridge-hsm-"));
  const tokens = join(folder, "tokens");
  mkdirSync(tokens);
  const configuration = join(folder, "softhsm2.conf");
  writeFileSync(configuration, `directories.tokendir = ${tokens}\nlog.level = ERROR\n`);
  const environment = { SOFTHSM2_CONF: configuration };
  process.env["SOFTHSM2_CONF"] = configuration;
  const addToken = (label: string) => {
    const words = ["--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "so pin"];
    execFileSync("softhsm2-util", words, { env: { ...process.env, ...environment } });
  };
  addToken("bridge");
  addToken("other");
  return {
    folder,
    environment,
    place: (tokenLabel = "bridge", keyLabel = "master") => ({
      ...{ module: SOFTHSM_MODULE, tokenLabel, pin: PIN, keyLabel },
    }),
    takeAway: () => renameSync(tokens, `${tokens}.away`),
    bringBack: () => renameSync(`${tokens}.away`, tokens),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
