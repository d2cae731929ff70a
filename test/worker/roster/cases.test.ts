// SPEC sections 4 and 5 as rosters and their reports: see cases/README.md for the form.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { eachDatabase } from "../database/each-database.ts";
import { makeSchool, students, upload } from "./world.ts";

const folder = new URL("./cases/", import.meta.url);
const noon = Date.UTC(2026, 10, 22, 12);

interface Case {
  sentence: string;
  settings: object;
  placements: [string, string][];
  /** `roster`, `report`, `rejected`, `students`, in the order of the file. */
  parts: { name: string; text: string }[];
}

function readCase(text: string): Case {
  const [head = "", ...rest] = text.split(/^=== /m);
  const [sentence = "", ...lines] = head.trim().split("\n");
  const found: Case = { sentence, settings: {}, placements: [], parts: [] };
  for (const line of lines) {
    const [word = "", value = ""] = line.split(/ (.*)/s);
    if (word === "settings") found.settings = JSON.parse(value);
    else if (word === "placement") found.placements.push(value.split(" | ") as [string, string]);
    else if (line !== "") throw new Error(`cannot read ${JSON.stringify(line)}`);
  }
  found.parts = rest.map((part) => {
    const end = part.indexOf("\n");
    return { name: part.slice(0, end).trim(), text: part.slice(end + 1) };
  });
  return found;
}

eachDatabase("rosters and their reports", (opened) => {
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".txt")).sort()) {
    const { sentence, settings, placements, parts } = readCase(
      readFileSync(new URL(file, folder), "utf8"),
    );
    test(sentence, async () => {
      const database = opened().client;
      const school = await makeSchool(database, settings);
      for (const [group, term] of placements) {
        await database.execute({
          sql: "INSERT INTO placements (school_id, requirement_group, term) VALUES (?, ?, ?)",
          args: [school, group, term],
        });
      }
      for (const options of [{}, { sliceRows: 1, sliceBytes: 200 }]) {
        await database.execute({ sql: "DELETE FROM students WHERE school_id = ?", args: [school] });
        let result: Awaited<ReturnType<typeof upload>> | undefined;
        for (const { name, text } of parts) {
          if (name === "roster") {
            result = await upload(database, school, text, { now: noon, ...options });
          } else if (name === "report") assert.equal(`${result!.report.join("\n")}\n`, text);
          else if (name === "rejected") {
            assert.equal(Buffer.from(result!.rejected, "latin1").toString(), text);
          } else if (name === "students") assert.equal(await stored(), text);
          else throw new Error(`${file} has a part ${JSON.stringify(name)}`);
        }
      }

      /** A line each: the values that are not blank, in the order of the columns. */
      async function stored(): Promise<string> {
        const lines = (await students(database, school)).map(({ username_key: _, ...values }) =>
          Object.values(values).filter((value) => value !== null).join(" | ")
        );
        return lines.map((line) => `${line}\n`).join("");
      }
    });
  }
}, { only: ["file:"] });
