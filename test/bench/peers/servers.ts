/**
 * The servers that are measured beside each other: this one with its real processes, and the SFTP
 * servers of Debian (OpenSSH, rclone, ProFTPD with mod_sftp). Each listens on loopback with a key of
 * its own, keeps its files in a folder of its own on the same disk, and takes the same client.
 */
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { root } from "../../end-to-end/processes.ts";
import { makeKey, run, startService } from "../../end-to-end/service.ts";
import { until } from "../../until.ts";
import { freePort } from "../../free-port.ts";

export interface Peer extends AsyncDisposable {
  name: string;
  port: number;
  user: string;
  keyFile: string;
  /** Where the client writes, as it names it. */
  folder: string;
  /** The process that accepts connections; those it starts for sessions are its children. */
  pid: number;
}

export type StartPeer = (folder: string) => Promise<Peer>;

export const peers: Record<string, StartPeer> = {
  "this bridge": startOurs,
  OpenSSH: startOpenSsh,
  rclone: startRclone,
  ProFTPD: startProftpd,
};

/** The bridge as `npm run build` makes it and docs/operations.md starts it, with a host key like the others'. */
async function startOurs(folder: string): Promise<Peer> {
  const builtBridge = join(folder, "dist");
  const { code, stderr } = await run(process.execPath, [
    join(root, "scripts/build.mjs"),
    builtBridge,
  ]);
  if (code !== 0) throw new Error(`the bridge could not be built: ${stderr}`);
  await symlink(join(root, "node_modules"), join(builtBridge, "node_modules"));
  const { hostKeyFile } = await peerFolder(folder);
  const service = await startService({
    builtBridge,
    bridge: {
      MAX_UPLOAD_BYTES: String(1024 ** 3),
      SYNC_MS: "1000",
      SETTLE_MS: "2000",
      // Filling a folder is more changes than a school may make at once.
      CHANGES_PER_SECOND: "100000",
      HOST_KEY_FILE: hostKeyFile,
    },
  });
  const { slug, keyFile } = await service.addSchool("school");
  return {
    name: "this bridge",
    port: service.sftpPort,
    user: slug,
    keyFile,
    folder: "/inbound",
    pid: service.bridge.child.pid!,
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

async function startOpenSsh(folder: string): Promise<Peer> {
  const base = await peerFolder(folder);
  const config = [
    "ListenAddress 127.0.0.1",
    `HostKey ${base.hostKeyFile}`,
    `AuthorizedKeysFile ${base.authorizedKeysFile}`,
    "PidFile none",
    "UsePAM no",
    "StrictModes no",
    "PermitRootLogin yes",
    "UseDNS no",
    // As many at once as the bench opens.
    "MaxStartups 200",
    "Subsystem sftp internal-sftp",
  ];
  const configFile = join(folder, "sshd_config");
  await writeFile(configFile, config.join("\n") + "\n");
  const port = await freePort();
  await mkdir("/run/sshd", { recursive: true }).catch(
    () => {/* not root: there is one or none is needed */},
  );
  return await started("OpenSSH", base, port, userInfo().username, [
    "/usr/sbin/sshd",
    ...["-D", "-e", "-f", configFile, "-p", String(port)],
  ]);
}

async function startRclone(folder: string): Promise<Peer> {
  const base = await peerFolder(folder);
  const port = await freePort();
  const peer = await started("rclone", base, port, "school", [
    "rclone",
    ...["serve", "sftp", base.files, "--addr", `127.0.0.1:${port}`, "--config", "/dev/null"],
    ...[
      "--authorized-keys",
      base.authorizedKeysFile,
      "--key",
      base.hostKeyFile,
      "--log-level",
      "ERROR",
    ],
  ]);
  return { ...peer, folder: "/" };
}

async function startProftpd(folder: string): Promise<Peer> {
  const base = await peerFolder(folder);
  const port = await freePort();
  const { uid, gid, username } = userInfo();
  const usersFile = join(folder, "users");
  await writeFile(usersFile, `school:*:${uid}:${gid}::${base.files}:/bin/sh\n`, { mode: 0o600 });
  const keysFile = join(folder, "keys.rfc4716");
  const { stdout } = await run("ssh-keygen", ["-e", "-m", "RFC4716", "-f", `${base.keyFile}.pub`]);
  await writeFile(keysFile, stdout);
  const configFile = join(folder, "proftpd.conf");
  const config = [
    "ModulePath /usr/lib/proftpd",
    "LoadModule mod_sftp.c",
    "ServerType standalone",
    "DefaultAddress 127.0.0.1",
    `Port ${port}`,
    `User ${username}`,
    "Group root",
    `PidFile ${join(folder, "proftpd.pid")}`,
    `ScoreboardFile ${join(folder, "scoreboard")}`,
    `SystemLog ${join(folder, "proftpd.log")}`,
    "TransferLog none",
    "WtmpLog off",
    "UseReverseDNS off",
    "RequireValidShell off",
    "RootLogin on",
    "AllowOverwrite on",
    "AllowStoreRestart on",
    "MaxInstances 200",
    "AuthOrder mod_auth_file.c",
    `AuthUserFile ${usersFile}`,
    "SFTPEngine on",
    `SFTPHostKey ${base.hostKeyFile}`,
    `SFTPAuthorizedUserKeys file:${keysFile}`,
    "SFTPAuthMethods publickey",
  ];
  await writeFile(configFile, config.join("\n") + "\n", { mode: 0o600 });
  return await started("ProFTPD", base, port, "school", [
    "/usr/sbin/proftpd",
    ...["--nodaemon", "-c", configFile],
  ]);
}

interface PeerFolder {
  files: string;
  keyFile: string;
  hostKeyFile: string;
  authorizedKeysFile: string;
}

async function peerFolder(folder: string): Promise<PeerFolder> {
  const base = {
    files: join(folder, "files"),
    keyFile: join(folder, "client"),
    hostKeyFile: join(folder, "host"),
    authorizedKeysFile: join(folder, "authorized_keys"),
  };
  await mkdir(base.files, { recursive: true });
  const client = makeKey();
  await writeFile(base.keyFile, client.privateKey, { mode: 0o600 });
  await writeFile(`${base.keyFile}.pub`, client.publicKey + "\n");
  await writeFile(base.authorizedKeysFile, client.publicKey + "\n", { mode: 0o600 });
  await writeFile(base.hostKeyFile, makeKey().privateKey, { mode: 0o600 });
  return base;
}

async function started(
  name: string,
  base: PeerFolder,
  port: number,
  user: string,
  [command, ...args]: string[],
): Promise<Peer> {
  const child = spawn(command!, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr!.on("data", (piece) => said += piece);
  const missing = once(child, "error").then(([error]) => {
    throw new Error(`${name} is needed for this bench: ${error.message}`);
  });
  missing.catch(() => {});
  const listening = until(async () => {
    if (child.exitCode !== null) throw new Error(`${name} ended: ${said}`);
    return await answers(port);
  }, `${name} to listen`);
  await Promise.race([listening, missing]);
  return {
    name,
    port,
    user,
    keyFile: base.keyFile,
    folder: base.files,
    pid: child.pid!,
    [Symbol.asyncDispose]: () => ended(child),
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  await gone;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("data", () => resolve(true)).once("error", () => resolve(false));
    socket.once("close", () => resolve(false)).setTimeout(1000, () => socket.destroy());
    socket.once("data", () => socket.destroy());
  });
}

/** Memory that a process and all it started have for themselves, in MiB (proc(5), smaps_rollup). */
export async function privateMemory(pid: number): Promise<number> {
  let total = 0;
  for (const process of await family(pid)) {
    const rollup = await readFile(`/proc/${process}/smaps_rollup`, "utf8").catch(() => "");
    for (const [, kilobytes] of rollup.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB/gm)) {
      total += Number(kilobytes) / 1024;
    }
  }
  return total;
}

async function family(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const below = await Promise.all(
    children.split(" ").filter(Boolean).map((id) => family(Number(id))),
  );
  return [pid, ...below.flat()];
}
