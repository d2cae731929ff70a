/** A whole service of real processes with schools, as the end-to-end tests use it. */
import { execFile } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import { type Environment, type Running, startBridge, startWorker } from "./processes.ts";
import { until } from "../until.ts";
import { freePort } from "../free-port.ts";

/** An answer of the admin routes; the tests look at whatever is in it. */
export interface Answer {
  status: number;
  // deno-lint-ignore no-explicit-any
  body: any;
  headers?: Headers;
}

export interface School {
  slug: string;
  keyFile: string;
  privateKey: string;
  fingerprint: string;
  /** Runs a batch of commands in OpenSSH's sftp. */
  sftp(...commands: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  /** Uploads with ssh2; resolves when the CLOSE was answered. */
  put(path: string, bytes: Buffer | string): Promise<void>;
  get(path: string): Promise<Buffer>;
  /** Several files in one session. */
  getAll(paths: readonly string[]): Promise<Buffer[]>;
  names(folder?: string): Promise<string[]>;
}

/** Disposed of, both processes are killed and the folder is removed. */
export interface Service extends AsyncDisposable {
  folder: string;
  worker: Running;
  bridge: Running;
  sftpPort: number;
  healthPort: number;
  workerUrl: string;
  adminToken: string;
  bridgeToken: string;
  /** Starts the worker or the bridge again with the same settings. */
  restartWorker(): Promise<void>;
  restartBridge(): Promise<void>;
  admin(method: string, path: string, body?: unknown): Promise<Answer>;
  addSchool(slug: string, settings?: Record<string, unknown>): Promise<School>;
}

export interface ServiceOptions {
  databaseUrl?: string;
  bridge?: Environment;
  worker?: Environment;
  /** What the bridge calls, where that is not the worker itself. */
  workerUrl?: (worker: string) => string;
  workerPort?: number;
  /** The folder that the bridge was built into, to start that and not this tree. */
  builtBridge?: string;
}

export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const folder = await mkdtemp(join(tmpdir(), "rosterbridge-"));
  const port = options.workerPort ?? await freePort();
  const [sftpPort, healthPort] = [await freePort(), await freePort()];
  const bridgeToken = randomBytes(24).toString("hex");
  const adminToken = randomBytes(24).toString("hex");
  const direct = `http://127.0.0.1:${port}`;
  const workerEnvironment: Environment = {
    HOST: "127.0.0.1",
    PORT: String(port),
    DATABASE_URL: options.databaseUrl ?? `file:${join(folder, "worker.db")}`,
    BRIDGE_TOKEN: bridgeToken,
    ADMIN_TOKEN: adminToken,
    // Tests ask again and again until something is so.
    ADMIN_REQUESTS_PER_MINUTE: "1000000",
    ...options.worker,
  };
  const bridgeEnvironment: Environment = {
    DATA_DIR: join(folder, "bridge"),
    SFTP_PORT: String(sftpPort),
    HEALTH_PORT: String(healthPort),
    WORKER_URL: options.workerUrl?.(direct) ?? direct,
    BRIDGE_TOKEN: bridgeToken,
    SETTLE_MS: "100",
    SYNC_MS: "50",
    // … and log in again and again until the bridge has heard of a key.
    LOGIN_FAILURES: "1000000",
    GREETINGS_PER_SECOND: "10000",
    EXCHANGES_PER_SECOND: "10000",
    ...options.bridge,
  };
  await mkdir(join(folder, "keys"));
  const [worker, bridge] = await Promise.all([
    startWorker(workerEnvironment),
    startBridge(bridgeEnvironment, options.builtBridge),
  ]);

  const service: Service = {
    folder,
    worker,
    bridge,
    sftpPort,
    healthPort,
    workerUrl: direct,
    adminToken,
    bridgeToken,
    async restartWorker() {
      await service.worker.end("SIGKILL");
      service.worker = await startWorker(workerEnvironment);
    },
    async restartBridge() {
      await service.bridge.end("SIGKILL");
      service.bridge = await startBridge(bridgeEnvironment, options.builtBridge);
    },
    async admin(method, path, body) {
      const response = await fetch(direct + path, {
        method,
        headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.includes("json");
      return {
        status: response.status,
        body: isJson ? JSON.parse(text) : text,
        headers: response.headers,
      };
    },
    async addSchool(slug, settings) {
      const made = await service.admin("POST", "/admin/schools", { slug, name: slug, settings });
      if (made.status !== 201) throw new Error(JSON.stringify(made));
      const { privateKey, publicKey } = makeKey();
      const key = await service.admin("POST", `/admin/schools/${slug}/keys`, { publicKey });
      if (key.status !== 201) throw new Error(JSON.stringify(key));
      const keyFile = join(folder, "keys", slug);
      await writeFile(keyFile, privateKey, { mode: 0o600 });
      const school = schoolClient(sftpPort, slug, keyFile, privateKey, key.body.fingerprint);
      // The bridge hears of it with its next sync.
      await until(() => school.names().then(() => true, () => false));
      return school;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([service.worker.end("SIGKILL"), service.bridge.end("SIGKILL")]);
      await rm(folder, { recursive: true, force: true });
    },
  };
  return service;
}

/** An RSA key of 2048 bits: private as PEM, public as an OpenSSH line. */
export function makeKey(): { privateKey: string; publicKey: string } {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs1", format: "pem" }) as string;
  const parsed = ssh2.utils.parseKey(pem);
  if (parsed instanceof Error) throw parsed;
  return { privateKey: pem, publicKey: `ssh-rsa ${parsed.getPublicSSH().toString("base64")} test` };
}

export const sshOptions = (port: number, keyFile: string) => [
  ...["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"],
  ...["-o", "LogLevel=ERROR", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"],
  ...["-i", keyFile, "-o", `Port=${port}`],
];

function schoolClient(
  port: number,
  slug: string,
  keyFile: string,
  privateKey: string,
  fingerprint: string,
): School {
  async function session<Result>(work: (sftp: ssh2.SFTPWrapper) => Promise<Result>) {
    const client = new ssh2.Client();
    // ssh2 leaves the callbacks of a connection that breaks off uncalled.
    const lost = new Promise<never>((_, reject) => {
      client.on("error", reject).on("close", () => reject(new Error("the connection was lost")));
    });
    lost.catch(() => {});
    const opened = new Promise<ssh2.SFTPWrapper>((resolve, reject) => {
      client.once("ready", () => {
        client.sftp((error, sftp) => error ? reject(error) : resolve(sftp));
      });
      const login = { host: "127.0.0.1", port, username: slug, privateKey };
      client.connect({ ...login, readyTimeout: 0 }); // However loaded the machine is.
    });
    try {
      const sftp = await Promise.race([opened, lost]);
      return await Promise.race([work(sftp), lost]);
    } finally {
      opened.catch(() => {});
      client.end();
    }
  }
  return {
    slug,
    keyFile,
    privateKey,
    fingerprint,
    async sftp(...commands) {
      return await run("sftp", [...sshOptions(port, keyFile), "-b", "-", `${slug}@127.0.0.1`], {
        input: commands.join("\n") + "\n",
      });
    },
    put: (path, bytes) =>
      session((sftp) =>
        new Promise((resolve, reject) => {
          sftp.writeFile(path, bytes, (error) => error ? reject(error) : resolve());
        })
      ),
    get: (path) => session((sftp) => read(sftp, path)),
    getAll: (paths) =>
      session(async (sftp) => {
        const files: Buffer[] = [];
        for (const path of paths) files.push(await read(sftp, path));
        return files;
      }),
    names: (folder = "/inbound") =>
      session((sftp) =>
        new Promise((resolve, reject) => {
          sftp.readdir(folder, (error, list) =>
            error ? reject(error) : resolve(list.map(({ filename }) => filename).sort()));
        })
      ),
  };
}

function read(sftp: ssh2.SFTPWrapper, path: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    sftp.readFile(path, (error, bytes) => error ? reject(error) : resolve(bytes));
  });
}

/** Runs a program to its end. */
export function run(
  command: string,
  args: string[],
  { input = "", timeoutMs = 120_000 } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      args,
      { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const code = error ? (typeof error.code === "number" ? error.code : -1) : 0;
        resolve({ code, stdout, stderr });
      },
    );
    child.on("error", reject);
    // A program that is refused ends before it has read what it is given: its code says so.
    child.stdin!.on("error", () => {});
    child.stdin!.end(input);
  });
}

/** Waits for a file in /inbound whose name ends so; its name. */
export async function waitForName(school: School, ending: string | RegExp, count = 1) {
  const matches = (name: string) =>
    typeof ending === "string" ? name.endsWith(ending) : ending.test(name);
  let found: string[] = [];
  await until(async () => {
    found = (await school.names()).filter(matches);
    return found.length >= count;
  }, `${count} × ${ending}`);
  return found[0]!;
}
