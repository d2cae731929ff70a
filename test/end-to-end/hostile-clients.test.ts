/**
 * What a hostile school's clients do to a real bridge, from a process of their own, while another school
 * works: the bridge stays up, its memory within what docs/operations.md promises ("Sizes"), and every
 * login and upload of the other school succeeds. `npm run fuzz` raises the numbers, to a million READDIRs.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { run, type School, type Service, sshOptions, startService } from "./service.ts";

const times = {
  readdirs: Number(process.env["HOSTILE_READDIRS"] ?? 20_000),
  opens: Number(process.env["HOSTILE_OPENS"] ?? 5_000),
  exchanges: Number(process.env["HOSTILE_EXCHANGES"] ?? 80),
};

const page = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
/** MiB. */
const BOUND = Number(
  /at most (\d+) MiB whatever the clients of one school/.exec(page.replace(/\s+/g, " "))![1],
);
const program = fileURLToPath(new URL("hostile-clients.ts", import.meta.url));

describe("a hostile school's clients", () => {
  let service: Service, school: School, hostile: School;

  before(async () => {
    // Or a hundred thousand OPENs would wait for their turn.
    const bridge = { SETTLE_MS: "3600000", CHANGES_PER_SECOND: "100000" };
    service = await startService({ bridge });
    school = await service.addSchool("peaceful");
    hostile = await service.addSchool("hostile");
    await hostile.put("/inbound/big.bin", randomBytes(4 * 1024 * 1024));
  });
  after(() => service[Symbol.asyncDispose]());

  const told = (event: string) => service.bridge.output().split(`"event":"${event}"`).length - 1;

  /** The most memory that the bridge had since it started, in MiB. */
  function peak(): number {
    const status = readFileSync(`/proc/${service.bridge.child.pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1024;
  }

  /** The other school logs in, uploads and reads, again and again, while somebody does something. */
  async function meanwhile<Result>(t: TestContext, attack: Promise<Result>): Promise<Result> {
    let isOver = false;
    let visits = 0;
    const over = attack.finally(() => isOver = true);
    over.catch(() => {});
    do {
      const content = randomBytes(10_000);
      const path = `/inbound/${visits++ % 20}.txt`;
      await school.put(path, content);
      assert.ok((await school.get(path)).equals(content));
    } while (!isOver);
    const result = await over;
    assert.equal(service.bridge.child.exitCode, null);
    t.diagnostic(`${visits} visits of another school; the bridge had ${peak().toFixed(0)} MiB`);
    assert.ok(peak() <= BOUND, `${peak()} MiB, of ${BOUND}`);
    return result;
  }

  // deno-lint-ignore no-explicit-any
  async function attack(kind: string, count: number): Promise<any> {
    const args = ["--import", "tsx", program, kind, `${service.sftpPort}`, hostile.keyFile];
    const { code, stdout, stderr } = await run(process.execPath, [...args, `${count}`], {
      timeoutMs: 900_000,
    });
    assert.equal(code, 0, stderr.slice(-2000));
    return JSON.parse(stdout);
  }

  test(`${times.readdirs} READDIRs`, async (t) => {
    const { listed } = await meanwhile(t, attack("readdirs", times.readdirs));
    assert.ok(listed >= times.readdirs / 1000, `${listed} names`);
  });

  test(`${times.opens} OPENs that are never closed: 64 files are open, and the rest is told so`, async (t) => {
    const { opened, refusals } = await meanwhile(t, attack("opens", times.opens));
    assert.equal(opened, 64);
    const [[sentence, refused], ...others] = refusals;
    assert.deepEqual(others, []);
    assert.equal(refused, times.opens - 64);
    assert.match(sentence, /^4 .*64 .*open/);
  });

  test("OpenSSH with its least RekeyLimit uploads 2 MiB, which arrive whole", async (t) => {
    const bytes = randomBytes(2 * 1024 * 1024);
    const file = join(service.folder, "rekeyed.bin");
    await writeFile(file, bytes);
    const options = [...sshOptions(service.sftpPort, hostile.keyFile), "-o", "RekeyLimit=16"];
    // The first value of an option is the one that counts.
    const verbose = ["-v", "-o", "LogLevel=DEBUG1"];
    const { code, stderr } = await meanwhile(
      t,
      run("sftp", [...verbose, ...options, "-b", "-", "hostile@127.0.0.1"], {
        input: `put ${file} inbound/rekeyed.bin\n`,
      }),
    );
    assert.equal(code, 0, stderr.slice(-2000));
    const exchanges = stderr.match(/SSH2_MSG_KEXINIT received/g)!.length;
    assert.ok(exchanges > 30, `${exchanges} exchanges`);
    assert.ok((await hostile.get("/inbound/rekeyed.bin")).equals(bytes));
  });

  test("exchanges of keys, one after the other without end, end the connection", async (t) => {
    await meanwhile(t, attack("exchanges", times.exchanges));
    assert.ok(told("sftp.too_many_exchanges") > 0);
  });

  test("160 channels of clients that never read, and those that go on asking are ended", async (t) => {
    await meanwhile(t, attack("never reads", 16));
    assert.ok(told("sftp.broken") >= 2);
  });

  test("packets that say they are larger than any may be end their connection", async (t) => {
    const lines = () => [told("sftp.connection_error"), told("sftp.broken")] as const;
    const [errors, broken] = lines();
    await meanwhile(t, attack("oversized", 8));
    const [errorsNow, brokenNow] = lines();
    assert.ok(errorsNow > errors, `${errorsNow} of ${errors}`);
    assert.ok(brokenNow > broken, `${brokenNow} of ${broken}`);
  });
});
