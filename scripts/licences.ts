/**
 * Writes docs/licences.md's table: under which licence each package is that the service is made of, from
 * package-lock.json.
 *
 *     node --import tsx scripts/licences.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const START = "<!-- licences -->";
const END = "<!-- /licences -->";

/** What may be built in: permissive licences, which ask for no more than their own text beside it. */
export const permissive = new Set([
  ...["MIT", "MIT-0", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD"],
  ...["Unlicense", "CC0-1.0", "BlueOak-1.0.0"],
]);
/** What may be used to build and test besides: it goes to nobody. */
export const forBuilding = new Set([...permissive, "Python-2.0", "MPL-2.0", "CC-BY-4.0"]);

/** They say it in a form that npm does not put into the lock (`licenses`). */
const saidElsewhere: Record<string, string> = {
  buildcheck: "MIT",
  "cpu-features": "MIT",
  ssh2: "MIT",
};

export interface Licence {
  name: string;
  /** An SPDX expression; `undefined`: it says none. */
  licence: string | undefined;
  /** Used to build and test only. */
  isForBuilding: boolean;
}

interface Locked {
  license?: string;
  dev?: boolean;
  devOptional?: boolean;
  link?: boolean;
}

/** Each package once, in the order of their names. */
export function licences(): Licence[] {
  const file = new URL("../package-lock.json", import.meta.url);
  const { packages } = JSON.parse(readFileSync(file, "utf8")) as {
    packages: Record<string, Locked>;
  };
  const found = new Map<string, Licence>();
  for (const [path, { license, dev, devOptional, link }] of Object.entries(packages)) {
    if (!path.includes("node_modules/") || link) continue;
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    const isForBuilding = (dev ?? devOptional ?? false) && (found.get(name)?.isForBuilding ?? true);
    found.set(name, { name, licence: license ?? saidElsewhere[name], isForBuilding });
  }
  return [...found.values()].sort((a, b) => a.name < b.name ? -1 : 1);
}

/** Is one of the choices (`OR`) allowed, and all of what comes together (`AND`)? */
export function isAllowed(licence: string | undefined, allowed: ReadonlySet<string>): boolean {
  if (licence === undefined) return false;
  return licence.replace(/[()]/g, "").split(" OR ").some((choice) =>
    choice.split(" AND ").every((one) => allowed.has(one.trim()))
  );
}

export function licencesTable(): string {
  const rows = licences().filter(({ isForBuilding }) => !isForBuilding)
    .map(({ name, licence }) => `| \`${name}\` | ${licence} |`);
  return ["| package | licence |", "| --- | --- |", ...rows].join("\n");
}

function main(): void {
  const file = new URL("../docs/licences.md", import.meta.url);
  const text = readFileSync(file, "utf8");
  const [start, end] = [text.indexOf(START), text.indexOf(END)];
  const updated = `${text.slice(0, start)}${START}\n\n${licencesTable()}\n\n${text.slice(end)}`;
  writeFileSync(file, updated);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main();
