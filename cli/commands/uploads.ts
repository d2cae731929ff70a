/** Uploads: list them, follow them, look at what was wrong in one. */
import { list } from "../api.ts";
import { ask, type Command } from "../command.ts";
import { followAll, followOne } from "../follow.ts";
import { askFile } from "../save.ts";
import { type Column, showList, showOne } from "../output.ts";
import type { Preview, Upload } from "../shapes.ts";
import type { Terminal } from "../terminal.ts";

export const uploadColumns: Column<Upload>[] = [
  ["ID", (it) => it.id],
  ["FILE", (it) => it.name],
  ["ACCEPTED", (it) => it.acceptedAt],
  ["STATE", (it) => it.revert?.state === "reverting" ? `${it.state}, reverting` : it.state],
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
    "uploads [slug]",
    "uploads of a school or of all, newest first",
    async (api, [school], options) => {
      const which = { school, state: options["state"], since: options["since"] };
      if (options["follow"]) return await followAll(api, terminal, which, options);
      const found = await list(
        (page) => api.json("get", "/admin/uploads", { params: { query: { ...which, ...page } } }),
        Number(options["limit"]),
      );
      const [id, ...more] = uploadColumns;
      const of: Column<Upload>[] = school === undefined ? [["SCHOOL", (it) => it.school]] : [];
      showList(terminal, found, [id!, ...of, ...more], {
        ...options,
        nothing: "There is no such upload.",
      });
    },
  ).option("--limit <number>", "so many", "20")
    .option("--state <state>", "only those in this state, such as held or rejected")
    .option("--since <instant>", "accepted then or later, such as 2026-11-30T00:00:00Z")
    .option("--follow", "goes on with a progress bar each, until it is interrupted");

  ask(program, terminal, "upload <id>", "one upload", async (api, [id], options) => {
    if (options["follow"]) return await followOne(api, terminal, id!, options);
    const params = { path: { id: id! } };
    showOne(terminal, await api.json("get", "/admin/uploads/{id}", { params }), options);
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
      const found = await list((query) =>
        api.json("get", "/admin/uploads/{id}/problems", {
          params: { path: { id: id! }, query },
        })
      );
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

  ask(
    program,
    terminal,
    "preview <id>",
    "what a held upload would do, student by student",
    async (api, [id], options) => {
      const path = { id: id! };
      const which = { outcome: options["outcome"] };
      let shown: Preview | undefined;
      const items = await list(async (page) => {
        const query = { ...which, ...page };
        shown = await api.json("get", "/admin/uploads/{id}/preview", { params: { path, query } });
        return shown;
      }, Number(options["limit"]));
      const { next: _, heldBecause, counts, ...preview } = { ...shown!, items };
      if (options.json) return showOne(terminal, { heldBecause, counts, ...preview }, options);
      showOne(terminal, { heldBecause, ...counts }, options);
      showList(terminal, items, [
        ["USERNAME", (it) => it.username],
        ["OUTCOME", (it) => it.outcome],
        ["CHANGES", (it) => it.changes.map(changeWords).join("; ")],
      ], { nothing: "Nobody." });
    },
  ).option("--outcome <outcome>", "only those who would be added, changed, left or returned")
    .option("--limit <number>", "so many students", "100");

  askFile(
    program,
    terminal,
    "report <id>",
    "its .completed file",
    "/admin/uploads/{id}/report",
  );
  askFile(
    program,
    terminal,
    "rejected <id>",
    "the header and the rejected rows, as they were sent",
    "/admin/uploads/{id}/rejected.csv",
  );
}

function changeWords({ column, from, to }: Preview["items"][number]["changes"][number]): string {
  const said = (value: unknown) => value === null || value === undefined ? "nothing" : `${value}`;
  return `${column} ${said(from)} → ${said(to)}`;
}
