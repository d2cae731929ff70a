// What README says can be pasted is pasted, into bash, against the service it starts.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "./processes.ts";
import { until } from "../until.ts";
import { freePort } from "../free-port.ts";

/** The blocks between the two marks, one after the other. */
async function walk(): Promise<string> {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const between = readme.slice(readme.indexOf("<!-- walk -->"), readme.indexOf("<!-- /walk -->"));
  return [...between.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join("\n");
}

/** Replaces what must be there, once. */
function replaced(text: string, what: string, by: string): string {
  assert.equal(text.split(what).length, 2, `README's walk has "${what}" once`);
  return text.replace(what, () => by);
}

test("the walk in README goes from a checkout to a delivered export, pasted as it is", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "rosterbridge-readme-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const [sftp, http, health] = [await freePort(), await freePort(), await freePort()];
  // The packages are there, the ports are free ones, and it works in a folder of its own.
  let script = replaced(await walk(), "npm ci\n", "");
  script = replaced(
    script,
    "export DATA_DIR=$PWD/try/data SFTP_PORT=2222 PORT=8787 HEALTH_PORT=8022\n",
    `export DATA_DIR=$PWD/try/data SFTP_PORT=${sftp} PORT=${http} HEALTH_PORT=${health}\n`,
  );
  script = replaced(script, "npm start >", `npm --prefix "$CHECKOUT" start >`);

  const bash = spawn("bash", ["-m", "-s"], {
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: folder, CHECKOUT: root },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let output = "";
  bash.stdout.on("data", (piece) => output += piece);
  bash.stderr.on("data", (piece) => output += piece);
  bash.stdin.end(script);
  // When it is stuck, say where rather than wait for ever.
  const patience = setTimeout(() => bash.kill("SIGTERM"), 120_000);
  const [code] = await once(bash, "close");
  clearTimeout(patience);
  const log = () => readFile(join(folder, "try", "log"), "utf8").catch(() => "");
  assert.equal(code, 0, `${output}\n${await log()}`);
  // npm itself ends first.
  await until(
    async () => (await log()).split('"event":"stopped"').length === 3,
    "kill %1 stops both processes",
  );

  const files = await readdir(join(folder, "try"));
  for (const name of ["report.csv", "verified.csv", "data"]) assert.ok(files.includes(name), name);
  const report = (await readFile(join(folder, "try", "report.csv"), "utf8")).split("\r\n");
  const readme = await readFile(join(root, "README.md"), "utf8");
  assert.equal(report.length, 4, report.join("\n"));
  for (const line of report) assert.ok(readme.includes(line), `README shows ${line}`);
  const verified = await readFile(join(folder, "try", "verified.csv"), "utf8");
  assert.match(
    verified,
    /^Username,StudentId,VerifyDate\r\nana@college\.edu,S001,[\d/]{10}\r\nben@college\.edu,S002,[\d/]{10}\r\n$/,
  );
  assert.match(output, /"downloaded"/);
});
