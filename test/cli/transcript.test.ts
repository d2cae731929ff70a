/**
 * docs/command-line.md is what a terminal shows. After a change of what commands say:
 * TRANSCRIPT=write node scripts/test.mjs cli/transcript
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { makeKey, type School, type Service, startService } from "../end-to-end/service.ts";

const bin = fileURLToPath(new URL("../../cli/bin.mjs", import.meta.url));
const page = fileURLToPath(new URL("../../docs/command-line.md", import.meta.url));

let service: Service;
let springfield: School;
let folder: string;
let written = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "rosterbridge-transcript-"));
  service = await startService();
  springfield = await service.addSchool("springfield");
  await writeFile(join(folder, "admin-token"), service.adminToken);
  await writeFile(join(folder, "school.pub"), makeKey().publicKey);
});

after(async () => {
  await service?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function run(words: string[]): Promise<{ code: number; stdout: string; text: string }> {
  const env = { PATH: process.env["PATH"], XDG_CONFIG_HOME: folder };
  const child = spawn(process.execPath, [bin, ...words], { cwd: folder, env });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (piece) => stdout += piece);
  child.stderr.setEncoding("utf8").on("data", (piece) => stderr += piece);
  child.stdin.end();
  const code = await new Promise<number>((resolve) => child.once("close", resolve));
  return { code, stdout, text: stdout + stderr };
}

/** What a reader would type; what is another with each run is written as if it were always the same. */
async function shows(...words: string[]): Promise<string> {
  const { code, stdout, text } = await run(words);
  const typed = words.map((word) => / /.test(word) ? `"${word}"` : word).join(" ");
  const end = code === 0 ? "" : `(exit code ${code})\n`;
  written += `$ rosterbridge ${typed}\n${text}${end}\n`;
  return stdout;
}

function alike(text: string): string {
  return text
    .replaceAll(service.workerUrl, "http://127.0.0.1:8787")
    .replaceAll(folder, "/home/ruth/.config")
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, uuid)
    .replaceAll(/SHA256:[A-Za-z0-9+/]{43}/g, `SHA256:${"Jm7Z".repeat(11).slice(1)}`)
    .replaceAll(/\d{8}T\d{9}Z/g, "20261130T080000000Z")
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, "2026-11-30T08:00:00.000Z")
    .replaceAll(/(?<=ssh-rsa )AAAA[A-Za-z0-9+/=]+/g, "AAAAB3NzaC1yc2EAAAADAQABAAABAQC…")
    .replaceAll(/(?:^ {2}20\d\d-\d\d-\d\dT18:30:00-0[45]:00\n){5}/gm, runs);
}

const days = ["11-30", "12-01", "12-02", "12-03", "12-04"];
const runs = days.map((day) => `  2026-${day}T18:30:00-05:00\n`).join("");
const uuid = "7d1e0c2a-5b1f-4c39-9a52-3f8f6c1d2e40";

test("the page of the command line shows what a terminal shows", async () => {
  await shows("login", service.workerUrl, "--token-file", "admin-token");
  await shows("schools", "add", "shelbyville", "Shelbyville High");
  await shows("keys", "add", "shelbyville", "school.pub", "--label", "the office");
  const header =
    "Username,StudentId,LastName,FirstName,Telephone,Dob,RequirementGroup,Term,OnCampus\n";
  const rows = "ana@college.edu,A1,Silva,Ana,,,,,1\nbob@college.edu,B1,Lee,Bob,,,,,maybe\n";
  await springfield.put("/inbound/fall.csv", header + rows);
  let id: string | undefined;
  while (id === undefined) id = JSON.parse((await run(["uploads", "--json"])).stdout)[0]?.id;
  await run(["upload", id, "--follow"]);
  await shows("uploads");
  await shows("uploads", "springfield", "--state", "held");
  await shows("problems", id);
  await shows("rejected", id);
  const settings = { mode: "snapshot", holdWhen: { removedPercent: 10 } };
  await service.admin("PATCH", "/admin/schools/springfield", { settings });
  await springfield.put("/inbound/spring.csv", header + "bob@college.edu,B1,Lee,Bob,,,,,0\n");
  let held: string | undefined;
  while (held === undefined) {
    held = JSON.parse((await run(["uploads", "--state", "held", "--json"])).stdout)[0]?.id;
  }
  await shows("preview", held);
  await shows("verify-students", "springfield", "ana@college.edu", "nobody@college.edu");
  await shows("schedule", "springfield", "every weekday at 6:30 pm", "--zone", "America/New_York");
  await shows("schedule", "springfield", "twice a week", "--zone", "America/New_York");
  await shows("upload", uuid);

  const kept = await readFile(page, "utf8").catch(() => "");
  const [before, after] = kept.split(/^```console\n[\s\S]*?^```\n/m);
  const now = `${before}\`\`\`console\n${alike(written).trimEnd()}\n\`\`\`\n${after ?? ""}`;
  if (process.env["TRANSCRIPT"] === "write") await writeFile(page, now);
  assert.equal(await readFile(page, "utf8"), now, "what commands say is not what the page shows");
});
