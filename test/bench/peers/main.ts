/**
 * `npm run bench:peers`: this bridge beside OpenSSH, rclone and ProFTPD, with the same OpenSSH client,
 * in turns, medians of three rounds of one run. `-- --quick` makes one small round, to try it.
 *
 * Needs Debian's openssh-server, openssh-client, rclone, proftpd-basic and proftpd-mod-crypto.
 */
import { randomFillSync } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import ssh2 from "ssh2";
import { run, sshOptions } from "../../end-to-end/service.ts";
import { machine } from "../inbound.ts";
import { type Peer, peers, privateMemory } from "./servers.ts";

const quick = process.argv.includes("--quick");
const only = process.argv.filter((word) => word.startsWith("--only=")).map((word) => word.slice(7));
const ROUNDS = quick ? 1 : 3;
const LARGE_MIB = quick ? 20 : 200;
const SMALL_FILES = quick ? 100 : 1000;
const LISTED_FILES = quick ? 2_000 : 50_000;
const IDLE_SESSIONS = quick ? 10 : 25;

/** What is measured, and how our figure must stand to a peer's; ratios are ours better when above 1. */
interface Figure {
  name: string;
  unit: "s" | "MiB";
  must?: { peer: string; atLeast: number };
  atMost?: number;
}

const figures = {
  inTurn: { name: "40 sessions in turn", unit: "s", must: { peer: "OpenSSH", atLeast: 5 } },
  atOnce: { name: "96 sessions, 16 at once", unit: "s", must: { peer: "rclone", atLeast: 1 } },
  put: { name: `put ${LARGE_MIB} MB`, unit: "s", must: { peer: "OpenSSH", atLeast: 0.8 } },
  get: { name: `get ${LARGE_MIB} MB`, unit: "s", must: { peer: "OpenSSH", atLeast: 0.9 } },
  putSmall: {
    name: `put ${SMALL_FILES} × 10 KB, fsync each (-f)`,
    unit: "s",
    must: { peer: "OpenSSH", atLeast: 0.7 },
  },
  getSmall: {
    name: `get ${SMALL_FILES} × 10 KB`,
    unit: "s",
    must: { peer: "OpenSSH", atLeast: 0.8 },
  },
  idle: { name: "an idle session", unit: "MiB", atMost: 0.1 },
  list: {
    name: `list ${LISTED_FILES.toLocaleString("en")} files`,
    unit: "s",
    must: { peer: "OpenSSH", atLeast: 1 },
  },
} satisfies Record<string, Figure>;
type FigureName = keyof typeof figures;

const folder = await mkdtemp(join(tmpdir(), "rosterbridge-peers-"));
const measured: Record<string, Partial<Record<FigureName, number[]>>> = {};

const note = (peer: string, figure: FigureName, value: number) => {
  ((measured[peer] ??= {})[figure] ??= []).push(value);
  console.error(`${peer}: ${figures[figure].name}: ${value.toFixed(2)} ${figures[figure].unit}`);
};

/** Seconds of an OpenSSH sftp batch; it must succeed. */
async function sftp(peer: Peer, commands: string[], options: string[] = []): Promise<number> {
  const start = performance.now();
  const { code, stderr } = await run("sftp", [
    ...sshOptions(peer.port, peer.keyFile),
    ...["-c", "aes128-gcm@openssh.com", "-q", ...options, "-b", "-", `${peer.user}@127.0.0.1`],
  ], { input: commands.join("\n") + "\n", timeoutMs: 600_000 });
  if (code !== 0) throw new Error(`${peer.name}: sftp ended with ${code}: ${stderr.slice(0, 500)}`);
  return (performance.now() - start) / 1000;
}

async function sessions(peer: Peer, count: number, atOnce: number): Promise<number> {
  const start = performance.now();
  let left = count;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (left-- > 0) await sftp(peer, ["pwd"]);
  }));
  return (performance.now() - start) / 1000;
}

/** Memory of sessions that logged in, opened SFTP and wait, each. */
async function idleSession(peer: Peer): Promise<number> {
  const before = await privateMemory(peer.pid);
  const clients: ChildProcess[] = [];
  for (let i = 0; i < IDLE_SESSIONS; i++) {
    const client = spawn("sftp", [
      ...sshOptions(peer.port, peer.keyFile),
      `${peer.user}@127.0.0.1`,
    ], { stdio: ["pipe", "pipe", "ignore"] });
    client.stdin!.write("pwd\n");
    await once(client.stdout!, "data");
    clients.push(client);
  }
  const after = await privateMemory(peer.pid);
  await Promise.all(clients.map(async (client) => {
    const gone = once(client, "exit");
    client.stdin!.end("bye\n");
    await gone;
  }));
  return (after - before) / IDLE_SESSIONS;
}

/** So many sessions fill a folder together: each waits until its file is durable where that is promised. */
const FILLING = 16;

/** Makes empty files through SFTP itself. */
async function fill(peer: Peer, prefix: string, count: number, privateKey: string): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: FILLING }, async () => {
    const client = new ssh2.Client();
    const opened = new Promise<ssh2.SFTPWrapper>((resolve, reject) => {
      client.once("error", reject).once("ready", () => {
        client.sftp((error, channel) => error ? reject(error) : resolve(channel));
      });
    });
    client.connect({ host: "127.0.0.1", port: peer.port, username: peer.user, privateKey });
    const channel = await opened;
    while (next < count) {
      const name = `${prefix}/listed-${String(next++).padStart(6, "0")}.txt`;
      await new Promise<void>((resolve, reject) => {
        channel.open(name, "w", (error, handle) => {
          if (error) return reject(error);
          channel.close(handle, (failed) => failed ? reject(failed) : resolve());
        });
      });
    }
    client.end();
  }));
}

async function round(peer: Peer, number: number, local: string): Promise<void> {
  const at = (name: string) => `${peer.folder}/${name}`.replace("//", "/");
  note(peer.name, "inTurn", await sessions(peer, quick ? 8 : 40, 1));
  note(peer.name, "atOnce", await sessions(peer, quick ? 16 : 96, 16));
  note(peer.name, "put", await sftp(peer, [`put ${local}/large ${at("large.bin")}`]));
  note(peer.name, "get", await sftp(peer, [`get ${at("large.bin")} ${local}/back`]));
  const small = Array.from({ length: SMALL_FILES }, (_, i) => i);
  // Names of their own each round: nothing is overwritten.
  const puts = small.map((i) => `put ${local}/small ${at(`small-${number}-${i}.bin`)}`);
  note(peer.name, "putSmall", await sftp(peer, puts, ["-f"]));
  const gets = small.map((i) => `get ${at(`small-${number}-${i}.bin`)} ${local}/back`);
  note(peer.name, "getSmall", await sftp(peer, gets));
  await sftp(peer, small.map((i) => `rm ${at(`small-${number}-${i}.bin`)}`));
}

/** Before anything else: what transfers leave behind, and what is collected of it, is more than sessions are. */
async function idling(peer: Peer): Promise<void> {
  await idleSession(peer); // The first sessions bring what all later ones share.
  for (let i = 0; i < ROUNDS; i++) note(peer.name, "idle", await idleSession(peer));
}

async function listing(peer: Peer): Promise<void> {
  const { readFile } = await import("node:fs/promises");
  await fill(peer, peer.folder, LISTED_FILES, await readFile(peer.keyFile, "utf8"));
  for (let i = 0; i < ROUNDS; i++) {
    note(peer.name, "list", await sftp(peer, [`ls -1 ${peer.folder}`]));
  }
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

function table(names: string[]): string {
  const cell = (peer: string, figure: FigureName) => {
    const values = measured[peer]?.[figure];
    return values ? median(values).toFixed(2) : "";
  };
  const verdict = (figure: FigureName) => {
    const { must, atMost } = figures[figure] as Figure;
    const ours = Number(cell("this bridge", figure));
    if (atMost !== undefined) return `≤ ${atMost}: ${ours.toFixed(2)}`;
    const theirs = Number(cell(must!.peer, figure));
    return `≥ ${must!.atLeast} × ${must!.peer}: ${(theirs / ours).toFixed(2)}`;
  };
  const rows = (Object.keys(figures) as FigureName[]).map((figure) => [
    `${figures[figure].name}, ${figures[figure].unit}`,
    ...names.map((peer) => cell(peer, figure)),
    verdict(figure),
  ]);
  return [
    ["figure", ...names, "must: measured"],
    Array(names.length + 2).fill("---"),
    ...rows,
  ].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

try {
  const local = join(folder, "local");
  await mkdir(local);
  await writeFile(join(local, "large"), randomFillSync(Buffer.alloc(LARGE_MIB * 1024 * 1024)));
  await writeFile(join(local, "small"), randomFillSync(Buffer.alloc(10 * 1024)));
  const names = Object.keys(peers).filter((name) => only.length === 0 || only.includes(name));
  const running: Peer[] = [];
  try {
    for (const name of names) {
      const own = join(folder, name.replace(" ", "-"));
      await mkdir(own);
      running.push(await peers[name]!(own));
    }
    for (const peer of running) await idling(peer);
    for (let number = 0; number < ROUNDS; number++) {
      for (const peer of running) await round(peer, number, local);
    }
    for (const peer of running) await listing(peer);
  } finally {
    for (const peer of running) await peer[Symbol.asyncDispose]();
  }
  console.log(`Measured on ${machine}; OpenSSH's client with aes128-gcm; medians of ${ROUNDS}.\n`);
  console.log(table(names));
} finally {
  await rm(folder, { recursive: true, force: true });
}
