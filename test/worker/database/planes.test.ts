// DESIGN, "Facts": two planes never joined in one statement, so that a school's data can live in a
// database of its own. Every piece of SQL in worker/database is read.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { eachDatabase } from "./each-database.ts";

/** The tables of each plane. A new table goes into one of them, and what names it into that folder. */
const planes: Record<"control" | "school", string[]> = {
  control: [
    "schools",
    "former_schools",
    "ssh_keys",
    "directory",
    "bridges",
    "audit",
    "seals",
    "repeats",
    "tokens",
    "schedules",
    "watches",
    "rounds",
    "sessions",
    "bridge_runs",
    "lifted_bans",
    "refused_logins",
    "retentions",
    "webhooks",
    "webhook_deliveries",
    "contacts",
    "mails",
    "notices",
  ],
  school: [
    "students",
    "placements",
    "uploads",
    "rosters",
    "slices",
    "problems",
    "rejected_records",
    "deferred_rows",
    "checks",
    "checked_students",
    "verifications",
    "exports",
    "export_rows",
    "occurrences",
    "commands",
    "files",
    "ledger",
    "ledger_gone",
    "student_changes",
    "reverts",
    "revert_remains",
    "figures",
  ],
};

interface Statement {
  where: string;
  text: string;
}

/** The texts of a module that are SQL, or a part of it. */
function statementsOf(path: string, source: string): Statement[] {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const found: Statement[] = [];
  const look = (node: ts.Node): void => {
    const isText = ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) ||
      ts.isTemplateExpression(node);
    const text = isText ? node.getText() : "";
    if (/\b(SELECT|INSERT|UPDATE|DELETE|JOIN|FROM|WHERE)\b/.test(text)) {
      const line = file.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      found.push({ where: `${path}:${line}`, text });
    }
    ts.forEachChild(node, look);
  };
  look(file);
  return found;
}

/** Which planes a statement names tables of; what it quotes names none. */
function planesOf({ text }: Statement): string[] {
  const names = new Set(text.replace(/'[^']*'/g, "''").match(/\b[a-z_]+\b/g));
  return Object.keys(planes).filter((plane) =>
    planes[plane as keyof typeof planes].some((table) => names.has(table))
  );
}

const folder = fileURLToPath(new URL("../../../worker/database/", import.meta.url));
const modules = (await readdir(folder, { recursive: true }))
  // What a migration moves from one table to another, it moves once, in the database that there is.
  .filter((path) => path.endsWith(".ts") && !path.startsWith("migrations"));
const statements = (await Promise.all(
  modules.map(async (path) => statementsOf(path, await readFile(folder + path, "utf8"))),
)).flat();

test("no statement names tables of both planes", () => {
  assert.ok(statements.length > 100, `${statements.length} statements`);
  const joined = statements.filter((one) => planesOf(one).length > 1);
  assert.deepEqual(joined.map(({ where, text }) => `${where}: ${text}`), []);
});

test("what is in a plane's folder names tables of that plane only", () => {
  for (const plane of Object.keys(planes)) {
    const astray = statements.filter((one) =>
      one.where.startsWith(`${plane}/`) && planesOf(one).some((other) => other !== plane)
    );
    assert.deepEqual(astray.map(({ where, text }) => `${where}: ${text}`), [], plane);
  }
});

test("a statement that joins them is found", () => {
  const source = "const of = `SELECT 1 FROM uploads u JOIN schools s ON s.id = u.school_id`;";
  assert.deepEqual(statementsOf("x.ts", source).map(planesOf), [["control", "school"]]);
});

eachDatabase("planes", (database) => {
  test("every table is of one plane", async () => {
    const { rows } = await database().client.execute(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    );
    const known = [...planes.control, ...planes.school, "migrations"];
    assert.deepEqual(rows.map((row) => String(row["name"])).sort(), known.sort());
  });
}, { only: ["file:"] });
