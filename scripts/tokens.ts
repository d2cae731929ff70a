/** The tokens of a service that runs on one machine: given in the environment, or made on first start. */
import { randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { makeSecretFile } from "../bridge/secret-file.ts";
import { SettingError } from "../shared/settings.ts";
import { tokenFault } from "../shared/tokens.ts";

/**
 * The token in `file`, which is made with mode 0600 when there is none.
 *
 * @throws {SettingError} when others may read the file or it holds no token
 */
export function loadOrMakeToken(setting: string, file: string): string {
  if (!statSync(file, { throwIfNoEntry: false })) {
    makeSecretFile(file, randomBytes(32).toString("base64url") + "\n");
  }
  const mode = statSync(file).mode & 0o777;
  if (mode & 0o077) {
    throw new SettingError(
      `${setting}: the file ${file} has mode 0${
        mode.toString(8)
      }, so others may use it; it must be 0600 (chmod 600).`,
    );
  }
  const token = readFileSync(file, "utf8").trim();
  const fault = tokenFault(token);
  if (!fault) return token;
  throw new SettingError(
    `${setting}: the file ${file} ${fault}. Remove it to have a new one made.`,
  );
}
