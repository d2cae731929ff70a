/** Which worker is spoken to, with which token: of the environment, else what `login` kept. */
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { exitCodes, Failure } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

const Credentials = v.object({ url: v.string(), token: v.string() });
export type Credentials = v.InferOutput<typeof Credentials>;

function fileOf(terminal: Terminal): string {
  return join(terminal.configFolder, "rosterbridge", "credentials.json");
}

/** @throws Failure when neither knows the worker and a token */
export async function readCredentials(terminal: Terminal): Promise<Credentials> {
  const { ROSTERBRIDGE_URL: url, ROSTERBRIDGE_TOKEN: token } = terminal.environment;
  const kept = url && token ? undefined : await readKept(terminal);
  const found = { url: url || kept?.url, token: token || kept?.token };
  if (found.url && found.token) return { url: readWorkerUrl(found.url), token: found.token };
  throw new Failure(
    `No ${
      found.url ? "token" : "worker"
    } is known. Sign in with "rosterbridge login URL", or set ` +
      "ROSTERBRIDGE_URL and ROSTERBRIDGE_TOKEN.",
    exitCodes.notSetUp,
  );
}

async function readKept(terminal: Terminal): Promise<Credentials | undefined> {
  const file = fileOf(terminal);
  try {
    return v.parse(Credentials, JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Failure(
      `${file} cannot be read as what "rosterbridge login" writes; sign in again.`,
      exitCodes.notSetUp,
    );
  }
}

/** In a file that nobody else may read. Its path is answered. */
export async function keepCredentials(terminal: Terminal, kept: Credentials): Promise<string> {
  const file = fileOf(terminal);
  await mkdir(join(file, ".."), { recursive: true, mode: 0o700 });
  await writeFile(file, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 });
  // The mode above counts only for a file that was not there.
  await chmod(file, 0o600);
  return file;
}

export async function forgetCredentials(terminal: Terminal): Promise<void> {
  await rm(fileOf(terminal), { force: true });
}

/** A token goes over TLS, but for a worker on this machine. */
export function readWorkerUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHere = url && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  if (url && (url.protocol === "https:" || (url.protocol === "http:" && isHere))) {
    return url.href.replace(/\/+$/, "");
  }
  throw new Failure(
    `"${text}" is not the address of a worker; it takes https://…, or http:// for this machine.`,
    exitCodes.usage,
  );
}
