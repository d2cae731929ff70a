// SPEC section 8: start-up with a bad setting prints one line that names it, and exits 78 (EX_CONFIG).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { bridgeProgram, type Program, workerProgram } from "../../scripts/programs.ts";
import { root } from "./processes.ts";

const token = "0123456789abcdef-bridge";
/**
 * A setting, the value it is given (nothing: it is missing), and what the line says; alone when it is
 * found only after all settings were read, or depends on another one.
 */
type Case = [setting: string, value: string | undefined, line: RegExp, alone?: "alone"];

const whole = (least: number, most: number) =>
  new RegExp(`is "?.*"?; it takes a whole number from ${least} to ${most}\\.$`);

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "rosterbridge-start-"));
  await writeFile(join(folder, "file"), "not a folder, not a key");
  await writeFile(join(folder, "private"), "not a key", { mode: 0o600 });
});
after(() => rm(folder, { recursive: true }));

let folders = 0;
/** Each with a folder of its own, as several run at once. */
const bridge = () => ({
  DATA_DIR: join(folder, `bridge${++folders}`),
  SFTP_PORT: "0",
  HEALTH_PORT: "0",
  WORKER_URL: "http://127.0.0.1:9",
  BRIDGE_TOKEN: token,
});
const worker = () => ({
  DATABASE_URL: `file:${join(folder, "worker.db")}`,
  PORT: "0",
  BRIDGE_TOKEN: token,
  ADMIN_TOKEN: "0123456789abcdef-admin",
});

const bridgeCases = (): Case[] => [
  ["WORKER_URL", undefined, /is not set; it is required\.$/],
  ["WORKER_URL", "worker.example", /is "worker\.example"; it takes an https: address/],
  [
    "WORKER_URL",
    "http://worker.example",
    /it takes an https: address, or an http: address of this machine/,
  ],
  ["BRIDGE_TOKEN", undefined, /is not set; it is required\.$/],
  ["BRIDGE_TOKEN", "short", /has 5 characters; it takes 16 or more/],
  [
    "BRIDGE_TOKEN",
    "sixteen letters, and spaces",
    /has characters that no bearer token has; it takes 16/,
  ],
  ["SFTP_PORT", "ssh", whole(0, 65535)],
  ["HEALTH_PORT", "-1", whole(0, 65535)],
  ["HELP_URL", "ask the office", /takes an https:, http: or mailto: address/],
  ["SETTLE_MS", "2s", whole(0, 3_600_000)],
  ["SYNC_MS", "0", whole(10, 3_600_000)],
  ["SLICE_BYTES", "1024", whole(131_072, 16_777_216)],
  ["MAX_UPLOAD_BYTES", "64 MiB", whole(1, 4_294_967_296)],
  ["RELAY_CONCURRENCY", "0", whole(1, 64)],
  ["SSH_KEY_TYPES", "rsa,dsa", /has "dsa"; it takes one or more of rsa, ed25519, ecdsa/],
  [
    "DATA_DIR",
    join(folder, "file", "deeper"),
    /it takes a folder that is there or can be made: ENOTDIR/,
    "alone",
  ],
  ["HOST_KEY_FILE", join(folder, "private"), /is not a private key without a passphrase/, "alone"],
  [
    "HOST_KEY_FILE",
    "host.key until spring",
    /it takes files or folders .* "FILE until 2027-02-01"/,
    "alone",
  ],
  [
    "HOST_KEY_FILE",
    `${join(folder, "x.key")} until 2020-01-01`,
    /every host key is retired/,
    "alone",
  ],
  ["MASTER_KEY_FILE", join(folder, "private"), /has 9 bytes; it must have exactly 32/, "alone"],
  [
    "SFTP_HOST",
    "192.0.2.1",
    /are 192\.0\.2\.1 and 0, where nothing can listen: .*EADDRNOTAVAIL/,
    "alone",
  ],
];

const workerCases: Case[] = [
  ["BRIDGE_TOKEN", undefined, /is missing; it takes the secret that the bridge must send/],
  ["BRIDGE_TOKEN", "with spaces in it", /has characters that no bearer token has/],
  ["BRIDGE_TOKEN", "a,b,c", /has 3 tokens; it takes one, or two/],
  ["ADMIN_TOKEN", undefined, /is missing; it takes the secret that administrators must send/],
  ["ADMIN_TOKEN", token, /is the same as BRIDGE_TOKEN/, "alone"],
  ["PORT", "http", whole(0, 65_535)],
  ["SLICE_ROWS", "0", whole(1, 50_000)],
  ["DATABASE_URL", "worker.db", /is no URL; it takes a URL that begins with file:/],
  ["DATABASE_URL", "mysql://localhost/x", /begins with mysql: and it takes a URL/],
  ["DATABASE_URL", "file:", /is a file: URL without a path/],
  ["SSH_KEY_TYPES", "rsa,dsa", /has "dsa"; it takes one or more of/],
];

describe("a bad or missing setting", () => {
  const program = (make: typeof bridgeProgram, settings: object, cases: Case[]) => {
    const wrong = Object.fromEntries(cases.map(([name, value]) => [name, value]));
    return make({ PATH: process.env["PATH"], HOME: process.env["HOME"], ...settings, ...wrong });
  };

  test("of the bridge", async () => {
    await twoAtATime(
      starts(bridgeCases()).map((cases) => async () => {
        check(cases, await ending(program(bridgeProgram, bridge(), cases)));
      }),
    );
  });

  test("of the worker", async () => {
    await twoAtATime(
      starts(workerCases).map((cases) => async () => {
        check(cases, await ending(program(workerProgram, worker(), cases)));
      }),
    );
  });

  /** Every wrong setting is a line of its own, so one start shows what several settings say. */
  function starts(cases: Case[]): Case[][] {
    const starts: Case[][] = [];
    for (const example of cases) {
      const [setting, , , alone] = example;
      const start = alone
        ? undefined
        : starts.find((others) =>
          others.every(([other, , , isAlone]) => other !== setting && !isAlone)
        );
      if (start) start.push(example);
      else starts.push([example]);
    }
    return starts;
  }

  function check(cases: Case[], { code, output }: Ending): void {
    assert.equal(code, 78, output);
    const lines = output.trimEnd().split("\n");
    assert.ok(output.endsWith("\n"), output);
    assert.equal(lines.length, cases.length, `a line each: ${output}`);
    for (const [name, value, expected] of cases) {
      const what = `${name}=${value}: ${output}`;
      const line = lines.find((line) =>
        new RegExp(`^(${name}|SFTP_HOST and SFTP_PORT)\\b`).test(line)
      );
      assert.ok(line, what);
      assert.match(line, expected, what);
      // A token's value is nobody's business, a wrong one's neither.
      if (value && name.endsWith("TOKEN")) assert.ok(!output.includes(value), what);
    }
  }
});

test("SPEC 8: all settings that are wrong are named, a line each", async () => {
  const settings = {
    ...{ PATH: process.env["PATH"], ...bridge(), SFTP_PORT: "ssh", WORKER_URL: "" },
    ...{ BRIDGE_TOKEN: "short", MAX_HOME_FILES: "many", MAX_HOME_MIB: "much" },
  };
  const { code, output } = await ending(bridgeProgram(settings));
  assert.equal(code, 78);
  const lines = output.trimEnd().split("\n").map((line) => line.split(" ")[0]);
  assert.deepEqual(lines, [
    ...["SFTP_PORT", "WORKER_URL", "BRIDGE_TOKEN"],
    ...["MAX_HOME_FILES", "MAX_HOME_MIB"],
  ]);
});

describe("words on the command line never start a server unless they mean it", () => {
  const said = (...words: string[]) => {
    const program = bridgeProgram({ PATH: process.env["PATH"] });
    return ending({ ...program, args: [...program.args, ...words] });
  };

  test("--help and --version are answered without any setting", async () => {
    for (const word of ["--help", "-h", "help"]) {
      const { code, output } = await said(word);
      assert.equal(code, 0);
      assert.match(output, /serve .*runs the bridge/);
    }
    const { code, output } = await said("--version");
    assert.equal(code, 0);
    assert.match(output, /^\d+\.\d+\.\d+\n$/);
  });

  test("verify needs no worker, no token and no port", async () => {
    const { code, output } = await said("verify", "--json");
    assert.equal(code, 78, output);
    assert.match(output, /^DATA_DIR is .*no bridge has stored anything there.*\n$/);
  });

  test("a word nobody knows is refused with exit code 64", async () => {
    for (const words of [["srve"], ["--port"], ["serve", "now"], ["constructor"]]) {
      const { code, output } = await said(...words);
      assert.equal(code, 64, output);
      assert.match(
        output,
        /^"[\w-]+" (is not known; --help lists what is|takes no further words)\.\n$/,
      );
    }
  });
});

test("an address that is taken is named too; it may become free, so the exit code is 75", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as { port: number };
  const settings = { PATH: process.env["PATH"], ...bridge(), SFTP_PORT: String(port) };
  const { code, output } = await ending(bridgeProgram(settings));
  taken.close();
  assert.equal(code, 75);
  assert.match(
    output,
    new RegExp(
      `^The bridge could not start: SFTP_HOST and SFTP_PORT are 127\\.0\\.0\\.1 and ${port}, where nothing can listen: .*EADDRINUSE.*\n$`,
    ),
  );
});

interface Ending {
  code: number | null;
  output: string;
}

/** Runs a program that is to end by itself. */
async function ending({ command, args, environment }: Program): Promise<Ending> {
  const child = spawn(command, args, {
    cwd: root,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 120_000,
  });
  let output = "";
  child.stdout.on("data", (piece) => output += piece);
  child.stderr.on("data", (piece) => output += piece);
  const [code] = await once(child, "close");
  return { code, output };
}

async function twoAtATime(works: (() => Promise<void>)[]): Promise<void> {
  const waiting = [...works];
  const worker = async () => {
    for (let work; (work = waiting.shift());) await work();
  };
  await Promise.all([worker(), worker()]);
}
