/**
 * `node --import tsx test/bench/door.ts [WORD]`: a school's login and upload of 10 KB alone, and while
 * somebody else, from another address, does what `door-attacks.ts` lists (those with the word in their
 * name). With each: how often it failed, the bridge's share of a core, and its memory.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { call, closed, connect, openSftp } from "../bridge/sftp/harness.ts";
import { doorLimits } from "../../bridge/door/limits.ts";
import { type School, startService } from "../end-to-end/service.ts";
import { attacks } from "./door-attacks.ts";
import { machine } from "./inbound.ts";

const SECONDS = Number(process.env["DOOR_SECONDS"] ?? 6);
const MEASURED = 15;
const content = Buffer.alloc(10_000, "a");
const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

// The door as it is when nobody set anything; the tests' own service is more patient.
const { greetings, exchanges, failures } = doorLimits;
await using service = await startService({
  bridge: {
    SETTLE_MS: "3600000",
    GREETINGS_PER_SECOND: String(greetings.perSecond),
    EXCHANGES_PER_SECOND: String(exchanges.perSecond),
    LOGIN_FAILURES: String(failures),
  },
});
const school = await service.addSchool("peaceful");
const hostile = await service.addSchool("hostile");
const pid = service.bridge.child.pid!;

let visits = 0;
/** Milliseconds of a login, an upload and its CLOSE. */
async function visit({ slug, privateKey }: School): Promise<number> {
  const began = performance.now();
  const client = await connect(service.sftpPort, { username: slug, privateKey });
  const sftp = await openSftp(client);
  await call((done) => sftp.writeFile(`/inbound/${visits++ % 50}.txt`, content, done));
  const took = performance.now() - began;
  const over = closed(client);
  client.end();
  await over;
  return took;
}

/** Seconds of a processor that the bridge had so far. */
function processorSeconds(): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function mebibytes(): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
}

interface During {
  times: number[];
  failed: number;
  most: number;
}

async function visiting(isOver: () => boolean): Promise<During> {
  const during: During = { times: [], failed: 0, most: 0 };
  while (!isOver()) {
    await visit(school).then((took) => during.times.push(took), () => during.failed++);
    during.most = Math.max(during.most, mebibytes());
  }
  return during;
}

/** Median milliseconds of a visit with nobody else there. */
async function alone(): Promise<number> {
  let left = MEASURED;
  return median((await visiting(() => left-- === 0)).times);
}

for (let i = 0; i < MEASURED; i++) await visit(school);
console.log(`Measured on ${machine}.\n`);
console.log("| beside | how often | a visit | alone | over alone | failed | a core | MiB |");
console.log("| --- | --- | --- | --- | --- | --- | --- | --- |");
const attacker = fileURLToPath(new URL("door-attacks.ts", import.meta.url));
for (const kind of Object.keys(attacks).filter((name) => name.includes(process.argv[2] ?? ""))) {
  let output: string | undefined;
  const aloneBefore = await alone();
  const before = { at: performance.now(), seconds: processorSeconds() };
  execFile(
    process.execPath,
    ["--import", "tsx", attacker, kind, String(service.sftpPort), String(SECONDS), hostile.keyFile],
    (_error, text) => output = text.trim(),
  );
  const { times, failed, most } = await visiting(() => output !== undefined);
  const share = (processorSeconds() - before.seconds) / (performance.now() - before.at) * 1000;
  const took = median(times);
  const withNobody = (aloneBefore + await alone()) / 2;
  console.log(
    `| ${kind} | ${output} | ${took.toFixed(0)} ms | ${withNobody.toFixed(0)} ms | ` +
      `${(took / withNobody).toFixed(2)} | ${failed} of ${times.length + failed} | ` +
      `${(share * 100).toFixed(0)}% | ${most.toFixed(0)} |`,
  );
}
