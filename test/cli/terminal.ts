/** `rosterbridge` as a terminal runs it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../../cli/bin.mjs", import.meta.url));

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** @param folder where what `login` keeps is */
export function terminal(folder: string) {
  async function run(words: string[], input = "", more = {}): Promise<Ended> {
    const env = { PATH: process.env["PATH"], XDG_CONFIG_HOME: join(folder, "config"), ...more };
    const child = spawn(process.execPath, [bin, ...words], { env });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (piece) => stdout += piece);
    child.stderr.setEncoding("utf8").on("data", (piece) => stderr += piece);
    child.stdin.end(input);
    const code = await new Promise<number>((resolve) => child.once("close", resolve));
    return { code, stdout, stderr };
  }

  /** A command that is done; what it wrote. */
  async function does(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await run(words);
    assert.equal(code, 0, stderr);
    return stdout;
  }

  return { run, does };
}
