/**
 * An older commit beside this one, on the same machine, by turns: `npm run bench` and the bench of
 * exports of each, as one table. Both use the packages that are installed here.
 *
 *     node --import tsx test/bench/old-and-new.ts [commit] [rounds]
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("../..", import.meta.url));
const [commit = "681da92", rounds = "2"] = process.argv.slice(2);
const benches = ["test/bench/main.ts", "test/bench/export.ts"];

/** What was measured, by figure and side; the most recent round last. */
const figures = new Map<string, { old: string[]; new: string[]; must: string }>();

/** `| figure | measured | must |` of the tables, and `file  figure  2.00 s  …` of the exports. */
function cellsOf(line: string): string[] | undefined {
  if (line.startsWith("| ")) return line.split("|").slice(1, -1).map((cell) => cell.trim());
  const [kind, what, ...measured] = line.split(/ {2,}/);
  if (!/^(file|sqld)\b/.test(line) || measured.length === 0) return undefined;
  return [`${what} (${kind})`, measured.join(", "), ""];
}

async function run(side: "old" | "new", folder: string, bench: string): Promise<void> {
  const node = spawn(process.execPath, ["--import", "tsx", bench], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(node, "exit");
  for await (const line of createInterface({ input: node.stdout })) {
    const [what, measured, must = ""] = cellsOf(line) ?? [];
    // The heads of the tables, and the line below a head.
    if (!what || !measured || measured === "measured" || measured === "time" || /^-+$/.test(what)) {
      continue;
    }
    console.error(`${side}: ${what}: ${measured}`);
    const figure = figures.get(what) ?? { old: [], new: [], must: "" };
    figure[side].push(measured);
    // The last column of the codecs' table is a ratio, not a bar.
    if (/^[≥≤]|^reported/.test(must)) figure.must = must;
    figures.set(what, figure);
  }
  const [code] = await ended;
  if (code !== 0) throw new Error(`${bench} of the ${side} one ended with ${code}`);
}

const data = join(here, "data");
await mkdir(data, { recursive: true });
// Not in the system's folder: the packages are linked there as files, since the worker may load the
// native library only from the folder that it is in itself.
const old = await mkdtemp(join(data, "old-"));
try {
  const files = execFileSync("git", ["archive", commit], { cwd: here, maxBuffer: 2 ** 30 });
  execFileSync("tar", ["-x", "-C", old], { input: files });
  execFileSync("cp", ["-al", join(here, "node_modules"), join(old, "node_modules")]);
  for (let round = 0; round < Number(rounds); round += 1) {
    for (const bench of benches) {
      await run("old", old, bench);
      await run("new", here, bench);
    }
  }
} finally {
  await rm(old, { recursive: true, force: true });
}
console.log(`| figure | ${commit} | now | must |\n| --- | --- | --- | --- |`);
const shown = (measured: string[]) => measured.join("; ") || "not measured then";
for (const [what, { old, new: now, must }] of figures) {
  console.log(`| ${what} | ${shown(old)} | ${shown(now)} | ${must} |`);
}
