/** `rosterbridge` as a terminal runs it, beside a whole service. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type School, type Service, startService } from "../end-to-end/service.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Desk {
  service: Service;
  /** springfield */
  school: School;
  /** Where commands are typed; `config` has what `login` keeps, `admin-token` the token. */
  folder: string;
  run(words: string[], input?: string, environment?: object): Promise<Ended>;
  /** A command that is done; what it wrote. */
  does(...words: string[]): Promise<string>;
  stop(): Promise<void>;
}

/** An administrator who has signed in with the command line of the tree, and goes on with the built one. */
export async function startDesk(): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), "rosterbridge-cli-"));

  let program = join(root, "cli", "bin.mjs");
  async function run(words: string[], input = "", more = {}): Promise<Ended> {
    const env = { PATH: process.env["PATH"], XDG_CONFIG_HOME: join(folder, "config"), ...more };
    const child = spawn(process.execPath, [program, ...words], { cwd: folder, env });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (piece) => stdout += piece);
    child.stderr.setEncoding("utf8").on("data", (piece) => stderr += piece);
    child.stdin.end(input);
    const code = await new Promise<number>((resolve) => child.once("close", resolve));
    return { code, stdout, stderr };
  }

  async function does(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await run(words);
    assert.equal(code, 0, stderr);
    return stdout;
  }

  const service = await startService();
  async function stop(): Promise<void> {
    await service[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
  try {
    const school = await service.addSchool("springfield");
    await writeFile(join(folder, "admin-token"), `${service.adminToken}\n`);
    await does("login", service.workerUrl, "--token-file", "admin-token");
    const dist = join(folder, "dist");
    await promisify(execFile)(process.execPath, [join(root, "scripts", "build.mjs"), dist]);
    await symlink(join(root, "node_modules"), join(dist, "node_modules"));
    program = join(dist, "cli.mjs");
    return { service, school, folder, run, does, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
