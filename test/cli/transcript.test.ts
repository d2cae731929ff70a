/**
 * docs/command-line.md is what a terminal shows. After a change of what commands say:
 * TRANSCRIPT=write node scripts/test.mjs cli/transcript
 */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { makeKey } from "../end-to-end/service.ts";
import { until } from "../until.ts";
import { type Desk, startDesk } from "./terminal.ts";

const page = fileURLToPath(new URL("../../docs/command-line.md", import.meta.url));

let desk: Desk;
let written = "";

before(async () => {
  desk = await startDesk();
  await writeFile(join(desk.folder, "school.pub"), makeKey().publicKey);
});
after(() => desk?.stop());

/** What a reader would type; what is another with each run is written as if it were always the same. */
async function shows(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await desk.run(words);
  const typed = words.map((word) => / /.test(word) ? `"${word}"` : word).join(" ");
  const end = code === 0 ? "" : `(exit code ${code})\n`;
  written += `$ rosterbridge ${typed}\n${stdout}${stderr}${end}\n`;
  return stdout;
}

/** The newest upload that `uploads` lists, once there is one; its id. */
async function newest(...words: string[]): Promise<string> {
  let id: string | undefined;
  await until(async () => {
    id = JSON.parse(await desk.does("uploads", ...words, "--json"))[0]?.id;
    return id !== undefined;
  });
  return id!;
}

function alike(text: string): string {
  return text
    .replaceAll(desk.service.workerUrl, "http://127.0.0.1:8787")
    .replaceAll(join(desk.folder, "config"), "/home/ruth/.config")
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
  await shows("login", desk.service.workerUrl, "--token-file", "admin-token");
  await shows("schools", "add", "shelbyville", "Shelbyville High");
  await shows("keys", "add", "shelbyville", "school.pub", "--label", "the office");
  const header =
    "Username,StudentId,LastName,FirstName,Telephone,Dob,RequirementGroup,Term,OnCampus\n";
  const rows = "ana@college.edu,A1,Silva,Ana,,,,,1\nbob@college.edu,B1,Lee,Bob,,,,,maybe\n";
  await desk.school.put("/inbound/fall.csv", header + rows);
  const id = await newest("springfield");
  await desk.run(["upload", id, "--follow"]);
  await shows("uploads");
  await shows("uploads", "springfield", "--state", "held");
  await shows("problems", id);
  await shows("rejected", id);
  const settings = { mode: "snapshot", holdWhen: { removedPercent: 10 } };
  await desk.service.admin("PATCH", "/admin/schools/springfield", { settings });
  await desk.school.put("/inbound/spring.csv", header + "bob@college.edu,B1,Lee,Bob,,,,,0\n");
  await shows("preview", await newest("springfield", "--state", "held"));
  await shows("verify-students", "springfield", "ana@college.edu", "nobody@college.edu");
  await shows("schedule", "springfield", "every weekday at 6:30 pm", "--zone", "America/New_York");
  await shows("schedule", "springfield", "twice a week", "--zone", "America/New_York");
  await shows("upload", uuid);

  const kept = await readFile(page, "utf8").catch(() => "");
  const [above, below] = kept.split(/^```console\n[\s\S]*?^```\n/m);
  const now = `${above}\`\`\`console\n${alike(written).trimEnd()}\n\`\`\`\n${below ?? ""}`;
  if (process.env["TRANSCRIPT"] === "write") await writeFile(page, now);
  assert.equal(await readFile(page, "utf8"), now, "what commands say is not what the page shows");
});
