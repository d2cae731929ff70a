/** Signs in: keeps the worker's address and a token for the commands after it. */
import { readFile } from "node:fs/promises";
import { makeApi } from "../api.ts";
import { addCommand, type Command, type Options } from "../command.ts";
import { forgetCredentials, keepCredentials, readWorkerUrl } from "../credentials.ts";
import { exitCodes, Failure } from "../exit-codes.ts";
import { showOne } from "../output.ts";
import { askHidden, type Terminal } from "../terminal.ts";

export function addLoginCommands(program: Command, terminal: Terminal): void {
  addCommand(
    program,
    "login <url>",
    "keeps the worker's address and a token, asked for or from a file",
  )
    .option("--token-file <file>", "where the token is, such as data/admin-token")
    .action(async (given: string, options: Options) => {
      const url = readWorkerUrl(given);
      const token = (await readToken(terminal, options["tokenFile"])).trim();
      await makeApi({ url, token }).json("get", "/admin/schools", {
        params: { query: { limit: 1 } },
      });
      const file = await keepCredentials(terminal, { url, token });
      if (options.json) showOne(terminal, { url, file }, options);
      else terminal.stdout.write(`Signed in at ${url}; kept in ${file}.\n`);
    });

  addCommand(program, "logout", "forgets the address and the token").action(async () => {
    await forgetCredentials(terminal);
    terminal.stdout.write("Signed out.\n");
  });
}

async function readToken(terminal: Terminal, file: string | undefined): Promise<string> {
  if (file === undefined) return await askHidden(terminal, "Token: ");
  return await readFile(file, "utf8").catch((error: Error) => {
    throw new Failure(`The token cannot be read: ${error.message}.`, exitCodes.unknown);
  });
}
