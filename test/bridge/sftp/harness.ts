/**
 * A server over a home in memory, and clients of it: ssh2's and OpenSSH's.
 */
import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import type { Client, ConnectConfig, SFTPWrapper } from "ssh2";
import {
  type SftpServer,
  type SftpServerOptions,
  startSftpServer,
  type Visitor,
} from "../../../bridge/sftp/server.ts";
import { fingerprint } from "../../../bridge/sftp/public-key.ts";
import { MemoryHome } from "./memory-home.ts";
import { idOfSchool } from "../school-id.ts";

export function rsaKey(bits: number): string {
  return generateKeyPairSync("rsa", {
    modulusLength: bits,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  }).privateKey;
}

/** Of 256 keys that ssh2 makes it cannot read one back. */
export function ed25519Key(): string {
  for (;;) {
    const key = ssh2.utils.generateKeyPairSync("ed25519").private;
    if (!(ssh2.utils.parseKey(key) instanceof Error)) return key;
  }
}

/** The wire form of a private key's public half. */
export function wireOf(privateKey: string): Buffer {
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error) throw key;
  return (Array.isArray(key) ? key[0] : key)!.getPublicSSH();
}

export const schoolKey = rsaKey(2048);
export const hostKey = rsaKey(2048);
export const ed25519HostKey = ed25519Key();

export interface World {
  server: SftpServer;
  home: MemoryHome;
  visitors: Visitor[];
  logs: { event: string; fields: Record<string, unknown> }[];
  /** Keys that may log in as `school`, by their wire form in base64. */
  keys: Map<string, number>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startWorld(options: Partial<SftpServerOptions> = {}): Promise<World> {
  const home = new MemoryHome();
  const visitors: Visitor[] = [];
  const logs: World["logs"] = [];
  const keys = new Map([[wireOf(schoolKey).toString("base64"), idOfSchool(1)]]);
  const server = await startSftpServer({
    host: "127.0.0.1",
    port: 0,
    hostKeys: [{ key: ed25519HostKey }, { key: hostKey }],
    keyTypes: new Set(["rsa"]),
    authenticate({ slug, publicKey }) {
      const schoolId = slug === "school"
        ? keys.get(Buffer.from(publicKey).toString("base64"))
        : undefined;
      return schoolId ? { schoolId, fingerprint: fingerprint(publicKey) } : undefined;
    },
    enter(visitor) {
      visitors.push(visitor);
      return home;
    },
    log: (event, fields = {}) => logs.push({ event, fields }),
    now: Date.now,
    ...options,
  });
  return {
    server,
    home,
    visitors,
    logs,
    keys,
    [Symbol.asyncDispose]: () => server.close(0),
  };
}

export function connect(port: number, config: ConnectConfig = {}): Promise<Client> {
  const client = new ssh2.Client();
  client.on("error", () => {}); // A server that goes away is part of many tests.
  return new Promise((resolve, reject) => {
    client.once("ready", () => resolve(client));
    client.once("error", reject);
    client.once("close", () => reject(new Error("closed before it was ready")));
    client.connect({
      host: "127.0.0.1",
      port,
      username: "school",
      privateKey: schoolKey,
      readyTimeout: 0, // However loaded the machine is.
      ...config,
    });
  });
}

/** Resolves when the connection has ended. */
export function closed(client: Client): Promise<void> {
  return new Promise((resolve) => client.once("close", () => resolve()));
}

export function openSftp(client: Client): Promise<SFTPWrapper> {
  return new Promise((resolve, reject) =>
    client.sftp((error, sftp) => error ? reject(error) : resolve(sftp))
  );
}

/** Calls a method of ssh2's that takes a callback. */
export function call<T>(run: (done: (error?: unknown, result?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) =>
    run((error, result) => error ? reject(error) : resolve(result as T))
  );
}

export interface Outcome {
  status: number | null;
  output: string;
  errors: string;
}

/** OpenSSH's programs, with the school's key and nothing of this machine's configuration. */
export class OpenSsh {
  readonly folder = mkdtempSync(join(tmpdir(), "openssh-"));
  readonly key = join(this.folder, "key");
  readonly #port: number;

  constructor(port: number, key = schoolKey) {
    this.#port = port;
    for (const program of ["sftp", "ssh", "scp", "ssh-keygen"]) {
      accessSync(`/usr/bin/${program}`, constants.X_OK); // Without OpenSSH these tests prove nothing.
    }
    writeFileSync(this.key, key, { mode: 0o600 });
  }

  get options(): string[] {
    const settings = {
      BatchMode: "yes",
      IdentitiesOnly: "yes",
      StrictHostKeyChecking: "no",
      UserKnownHostsFile: "/dev/null",
      LogLevel: "INFO",
      Port: String(this.#port),
    };
    return [
      "-F",
      "/dev/null",
      "-i",
      this.key,
      ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
    ];
  }

  file(name: string, content: string | Buffer = ""): string {
    const path = join(this.folder, name);
    if (content.length > 0) writeFileSync(path, content);
    return path;
  }

  sftp(batch: string, ...options: string[]): Promise<Outcome> {
    const args = [...this.options, ...options, "-b", "-", "school@127.0.0.1"];
    return run("/usr/bin/sftp", args, batch);
  }

  ssh(...args: string[]): Promise<Outcome> {
    return run("/usr/bin/ssh", [...this.options, ...args]);
  }

  scp(...args: string[]): Promise<Outcome> {
    return run("/usr/bin/scp", [...this.options, ...args]);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** Runs a program; one that hangs is killed, and its status is null. */
export function run(program: string, args: string[], input = ""): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "pipe", timeout: 120_000, killSignal: "SIGKILL" });
    const outcome: Outcome = { status: null, output: "", errors: "" };
    child.stdout.on("data", (text) => outcome.output += text);
    child.stderr.on("data", (text) => outcome.errors += text);
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    child.on("error", reject);
    child.on("close", (status) => resolve({ ...outcome, status }));
  });
}

/** From another address of this machine than everybody else. */
export function connectFrom(address: string, port: number): Socket {
  const socket = createConnection({ host: "127.0.0.1", port, localAddress: address });
  return socket.on("error", () => {}).resume();
}

/** A world with a second school, `other`. */
export async function twoSchools(
  limits: object,
  options: object = {},
): Promise<{ world: World; otherKey: string }> {
  const otherKey = rsaKey(2048);
  const other = wireOf(otherKey).toString("base64");
  const own = wireOf(schoolKey).toString("base64");
  const world = await startWorld({
    ...options,
    limits,
    authenticate({ publicKey }) {
      const schoolId =
        { [own]: idOfSchool(1), [other]: idOfSchool(2) }[Buffer.from(publicKey).toString("base64")];
      return schoolId ? { schoolId, fingerprint: `SHA256:${schoolId}` } : undefined;
    },
  });
  return { world, otherKey };
}
