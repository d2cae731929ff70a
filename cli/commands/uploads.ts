/** Uploads: list them, follow them, look at what was wrong in one. */
import { collect, part } from "../api.ts";
import { ask, type Command } from "../command.ts";
import { followOne, followSchool } from "../follow.ts";
import { save } from "../save.ts";
import { type Column, showList, showOne } from "../output.ts";
import type { Problem, Upload } from "../shapes.ts";
import type { Terminal } from "../terminal.ts";

export const uploadColumns: Column<Upload>[] = [
  ["ID", (it) => it.id],
  ["FILE", (it) => it.name],
  ["ACCEPTED", (it) => it.acceptedAt],
  ["STATE", (it) => it.state],
  ["ADDED", (it) => it.rows.added],
  ["UPDATED", (it) => it.rows.updated],
  ["UNCHANGED", (it) => it.rows.unchanged],
  ["REJECTED", (it) => it.rows.rejected],
  ["WARNINGS", (it) => it.rows.warnings],
];

export function addUploadCommands(program: Command, terminal: Terminal): void {
  ask(
    program,
    terminal,
    "uploads <slug>",
    "a school's uploads, newest first",
    async (api, [slug], options) => {
      const path = `/admin/schools/${part(slug!)}/uploads`;
      if (options["follow"]) return await followSchool(api, terminal, path, options);
      const found = await collect(api.list<Upload>(path, {}, Number(options["limit"])));
      showList(terminal, found, uploadColumns, {
        ...options,
        nothing: `${slug} has sent no roster yet.`,
      });
    },
  ).option("--limit <number>", "so many", "20")
    .option("--follow", "goes on with a progress bar each, until it is interrupted");

  ask(program, terminal, "upload <id>", "one upload", async (api, [id], options) => {
    const path = `/admin/uploads/${part(id!)}`;
    if (options["follow"]) return await followOne(api, terminal, path, options);
    showOne(terminal, await api.json<Upload>("GET", path), options);
  }).option(
    "--follow",
    "waits for its end; exit code 1 if it was not completed or rows were rejected",
  );

  ask(
    program,
    terminal,
    "problems <id>",
    "what was wrong in an upload, in file order",
    async (api, [id], options) => {
      const found = await collect(api.list<Problem>(`/admin/uploads/${part(id!)}/problems`));
      showList(terminal, found, [
        ["LINE", (it) => it.line],
        ["SEVERITY", (it) => it.severity],
        ["CODE", (it) => it.code],
        ["COLUMN", (it) => it.column],
        ["USERNAME", (it) => it.username],
        ["MESSAGE", (it) => it.message],
      ], { ...options, nothing: "Nothing was wrong." });
    },
  );

  saving("report <id>", "its .completed file", (id) => `/admin/uploads/${part(id)}/report`);
  saving(
    "rejected <id>",
    "the header and the rejected rows, as they were sent",
    (id) => `/admin/uploads/${part(id)}/rejected.csv`,
  );

  function saving(words: string, says: string, path: (id: string) => string): void {
    ask(
      program,
      terminal,
      words,
      says,
      async (api, [id], options) =>
        await save(await api.raw(path(id!)), terminal, options["output"]),
    )
      .option("-o, --output <file>", "into a file, else to standard output");
  }
}
