/**
 * `npm run demo`: both ways, shown. Starts the service on free ports in a folder of its own, uploads
 * 20,000 rows as a school would, checks what came back against what was planted in them, verifies
 * some of the students, fetches the export, and keeps running to be tried by hand.
 */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Admin, adminClient } from "./demo-admin.ts";
import { showExport } from "./demo-export.ts";
import { compare, type Upload } from "./demo-report.ts";
import { makeDemoRoster } from "./demo-roster.ts";
import {
  knownHostLine,
  makeSchoolKey,
  openSession,
  type Server,
  type Session,
} from "./demo-school.ts";
import { progressBar } from "../cli/progress-bar.ts";
import { retry } from "./retry.ts";
import { type Addresses, startService } from "./start-service.ts";
import { readWords } from "./words.ts";

const ROWS = 20_000;
const SLUG = "demo";
const isOnce = readWords(
  process.argv.slice(2),
  ["--once"],
  `
npm run demo shows Rosterbridge: it starts the service on free ports in a new folder under
${tmpdir()}, sends a roster of ${ROWS} rows over SFTP, reads the report, verifies students, fetches
the export, and then keeps running until Ctrl-C, so that you can try it by hand. The folder is kept.

  npm run demo -- --once   ends by itself and leaves nothing behind; exit code 1 when anything was
                           not as expected (then the folder is kept, and named)
`,
).has("--once");
const say = (line = "") => console.log(line);

const folder = await mkdtemp(join(tmpdir(), "rosterbridge-demo-"));
const logFile = join(folder, "service.log");
const log = createWriteStream(logFile);
const lastLines: string[] = [];
const service = startService({
  environment: {
    // Nothing else of the environment: a demo must not find its way into a real database.
    PATH: process.env["PATH"],
    HOME: process.env["HOME"],
    TMPDIR: process.env["TMPDIR"],
    DATA_DIR: join(folder, "data"),
    HOST: "127.0.0.1",
    PORT: String(await freePort()),
    SFTP_HOST: "127.0.0.1",
    SFTP_PORT: "0",
    HEALTH_PORT: "0",
    SYNC_MS: "250",
  },
  log: (name, line) => {
    log.write(`${name}: ${line}\n`);
    lastLines.push(`  ${name}: ${line}`);
    lastLines.splice(0, lastLines.length - 5);
  },
});
let isInterrupted = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    isInterrupted = true;
    void service.stop();
  });
}

try {
  const differences = await Promise.race([show(), diedEarly()]);
  if (differences.length > 0) {
    throw new Error(`not as expected:\n${differences.map((line) => `  ${line}`).join("\n")}`);
  }
  if (isOnce) {
    const { code, reason } = await service.stop();
    if (code !== 0) throw new Error(reason);
    await rm(folder, { recursive: true });
  } else {
    const { code, reason } = await service.ended;
    say(`\nStopped. Everything is kept in ${folder}`);
    if (code !== 0) throw new Error(reason);
  }
} catch (error) {
  await service.stop();
  if (isInterrupted) say(`\nStopped before the end. What there is is kept in ${folder}`);
  else {console.error(
      `\nThe demo failed: ${(error as Error).message}\nThe service's log: ${logFile}`,
    );}
  await new Promise<void>((resolve) => log.end(resolve));
  process.exit(1); // what was still waited for will not come
}

async function diedEarly(): Promise<never> {
  const { reason } = await service.ended;
  throw new Error(reason ?? "the service was stopped");
}

/** Shows the way of one roster; what was not as expected. */
async function show(): Promise<string[]> {
  const addresses = await service.ready;
  say(
    `Rosterbridge is running: SFTP at ${addresses.sftp}, console at ${addresses.workerUrl}/console`,
  );

  const key = makeSchoolKey("demo");
  const keyFile = join(folder, "demo-key");
  await writeFile(keyFile, key.privateKey, { mode: 0o600 });
  const admin = adminClient(addresses.workerUrl, service.adminToken);
  await admin("POST", "/admin/schools", { slug: SLUG, name: "Demo College" });
  await admin("POST", `/admin/schools/${SLUG}/keys`, { publicKey: key.publicKey, label: "demo" });
  say(`The school "${SLUG}" and its RSA key of 2048 bits are registered.`);

  const roster = makeDemoRoster(ROWS);
  const rosterFile = join(folder, "roster.csv");
  await writeFile(rosterFile, roster.bytes);
  const { mistakes } = roster;
  say(`${rosterFile} has ${ROWS} rows, ${mistakes.length} of them wrong on purpose:`);
  say(`  ${mistakes.join("; ")}.\n`);

  const server = serverAt(addresses);
  const enter = () => openSession(server, SLUG, key.privateKey);
  const uploading = await retry(enter, "the school's first login");
  const started = performance.now();
  await uploading.upload(
    rosterFile,
    "/inbound/roster.csv",
    progressBar(process.stdout, "Uploading"),
  );
  const uploaded = performance.now();
  // A session that has ended leaves its files settled: no need to wait whether more comes.
  await uploading.end();
  const session = await enter();
  const report = await waitForReport(session);
  const seconds = (performance.now() - started) / 1000;
  say(`/inbound now holds:\n  ${(await session.names("/inbound")).join("\n  ")}\n`);

  const reportText = (await session.download(`/inbound/${report}`)).toString();
  say(`${report} begins:`);
  for (const line of reportText.split("\r\n").slice(0, 8)) say(`  ${line}`);
  const original = await session.download(
    `/inbound/${report.replace(/\.completed$/, ".original")}`,
  );
  await session.end();

  const { items } = await admin<{ items: Upload[] }>("GET", `/admin/schools/${SLUG}/uploads`);
  const upload = items[0] ?? { state: "not listed", rows: {} };
  const differences = compare(roster, upload, reportText, original);
  if (differences.length === 0) {
    const { added, rejected, warnings } = upload.rows;
    say(`\n${added} rows added, ${rejected} rejected, ${warnings} warnings: as planted.`);
    say(`The .original is byte for byte what was sent.`);
  }
  const rate = Math.round(ROWS / seconds);
  const sent = ((uploaded - started) / 1000).toFixed(2);
  say(
    `${seconds.toFixed(2)} s from the first byte to the report (${sent} s of it the upload): ` +
      `${rate} rows per second.\n`,
  );
  differences.push(...await showOutbound(admin, enter));
  if (!isOnce) await sayCommands(server, session.hostKey, keyFile, rosterFile, addresses);
  return differences;
}

async function waitForReport(session: Session): Promise<string> {
  return await retry(async () => {
    const names = await session.names("/inbound");
    const report = names.find((name) => name.endsWith(".completed"));
    if (!report) throw new Error(`/inbound holds only ${names.join(", ") || "nothing"}`);
    return report;
  }, "the report");
}

async function showOutbound(admin: Admin, enter: () => Promise<Session>): Promise<string[]> {
  const session = await enter();
  const differences = await showExport(admin, session, SLUG, say);
  await session.end();
  return differences;
}

async function sayCommands(
  server: Server,
  hostKey: Buffer,
  keyFile: string,
  rosterFile: string,
  { workerUrl }: Addresses,
): Promise<void> {
  const knownHosts = join(folder, "known_hosts");
  await writeFile(knownHosts, knownHostLine(server, hostKey));
  const token = `"Authorization: Bearer $(cat ${service.adminTokenFile})"`;
  say(`
Try it by hand. As the school:

  sftp -P ${server.port} -i ${keyFile} -o UserKnownHostsFile=${knownHosts} ${SLUG}@${server.host}
  sftp> put ${rosterFile} inbound/again.csv
  sftp> ls inbound

As an administrator:

  curl -H ${token} ${workerUrl}/admin/schools/${SLUG}/uploads
  curl -H ${token} ${workerUrl}/admin/schools/${SLUG}/students/student1.0@college.edu
  curl -H ${token} ${workerUrl}/admin/schools/${SLUG}/exports

The service's log is ${logFile}
It runs until Ctrl-C.`);
}

function serverAt({ sftp, hostKey }: Addresses): Server {
  const colon = sftp.lastIndexOf(":");
  return { host: sftp.slice(0, colon), port: Number(sftp.slice(colon + 1)), hostKey };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
