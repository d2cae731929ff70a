/**
 * The floor: what any way of doing the job takes at least. One Node process reads the file, scans it
 * and upserts it set-based into a libSQL file, in one transaction, WAL, synchronous=FULL.
 */
import { readFile } from "node:fs/promises";
import { openDatabase } from "../../worker/database/client.ts";
import { isMalformed, scan } from "../../shared/csv/csv.ts";
import { migrate } from "../../worker/database/migrate.ts";

const columns =
  "username_key, username, student_id, last_name, first_name, telephone, dob, requirement_group, term, on_campus";
const values = Array.from({ length: 10 }, (_, index) => `value ->> ${index}`).join(", ");
const optional = columns.split(", ").slice(2);
const SLICE_ROWS = 5000;

export interface Floor {
  /** Milliseconds for one roster into the database as it is by then. */
  run(file: string): Promise<number>;
  close(): void;
}

/** Opens a fresh database for the floor. */
export async function openFloor(databaseFile: string): Promise<Floor> {
  const database = await openDatabase({ url: `file:${databaseFile}` });
  await migrate(database, new Date().toISOString());
  return {
    async run(file) {
      const start = performance.now();
      const bytes = await readFile(file);
      const { records } = scan(bytes, { line: 1, last: true, columns: 9 });
      const rows: unknown[][] = [];
      for (const record of records.slice(1)) {
        if (isMalformed(record)) continue;
        const [username, ...rest] = record.fields.map((field) => field === "" ? null : field);
        rows.push([username!.toLowerCase(), username, ...rest]);
      }
      const statements = [];
      for (let at = 0; at < rows.length; at += SLICE_ROWS) {
        const json = JSON.stringify(rows.slice(at, at + SLICE_ROWS));
        statements.push({
          sql: `WITH given AS MATERIALIZED (SELECT ${
            columns.split(", ").map((column, index) => `value ->> ${index} AS ${column}`).join(", ")
          } FROM json_each(?))
            UPDATE students SET ${
            optional.map((column) => `${column} = coalesce(given.${column}, students.${column})`)
          } FROM given WHERE students.school_id = 1
              AND students.username_key = given.username_key AND (${
            optional.map((column) => `given.${column} IS NOT students.${column}`).join(" OR ")
          })`,
          args: [json],
        }, {
          sql: `INSERT OR IGNORE INTO students (school_id, ${columns})
                SELECT 1, ${values} FROM json_each(?)`,
          args: [json],
        });
      }
      await database.batch(statements, "write");
      return performance.now() - start;
    },
    close: () => database.close(),
  };
}
