/** Exports of verified students, and when they are made. */
import { list } from "../api.ts";
import { ask, askOne, type Command } from "../command.ts";
import { exitCodes, Failure } from "../exit-codes.ts";
import { askFile } from "../save.ts";
import { showList, showOne } from "../output.ts";
import type { Terminal } from "../terminal.ts";

export function addExportCommands(program: Command, terminal: Terminal): void {
  ask(
    program,
    terminal,
    "exports <slug>",
    "a school's exports, newest first",
    async (api, [slug], options) => {
      const path = { slug: slug! };
      const found = await list(
        (query) => api.json("get", "/admin/schools/{slug}/exports", { params: { path, query } }),
        Number(options["limit"]),
      );
      showList(terminal, found, [
        ["ID", (it) => it.id],
        ["FILE", (it) => it.name],
        ["STUDENTS", (it) => it.students],
        ["STATE", (it) => it.state],
        ["DELIVERED", (it) => it.deliveredAt],
        ["DOWNLOADED", (it) => it.downloadedAt],
      ], { ...options, nothing: `${slug} has no export yet.` });
    },
  ).option("--limit <number>", "so many", "20");

  const one = askOne(
    program,
    terminal,
    "export <slug>",
    "exports now what is verified and not exported yet",
    (api, [slug]) =>
      api.json("post", "/admin/schools/{slug}/exports", { params: { path: { slug: slug! } } }),
  );
  askFile(
    one,
    terminal,
    "file <id>",
    "an export's file, as the school gets it",
    "/admin/exports/{id}/file",
  );
  askOne(
    one,
    terminal,
    "deliver <id>",
    "delivers an export again, byte for byte",
    (api, [id]) =>
      api.json("post", "/admin/exports/{id}/deliver", { params: { path: { id: id! } } }),
  );

  ask(
    program,
    terminal,
    "schedule <slug> [when]",
    'when exports are made, in words or as cron; "off" for never',
    async (api, [slug, when], options) => {
      const path = "/admin/schools/{slug}/schedule";
      const params = { path: { slug: slug! } };
      if (when === "off") {
        await api.json("delete", path, { params });
        terminal.stdout.write(`${slug} has no schedule now.\n`);
        return;
      }
      if (when !== undefined && !options["zone"]) {
        throw new Failure(
          "--zone is missing; it takes the full name of the school's time zone, such as America/New_York.",
          exitCodes.usage,
        );
      }
      const schedule = when === undefined
        ? await api.json("get", path, { params })
        : await api.json("put", path, { params, body: { when, timezone: options["zone"] } });
      if (options.json) return showOne(terminal, schedule, options);
      terminal.stdout.write(`${schedule.description} (${schedule.cron}, ${schedule.timezone})\n`);
      for (const run of schedule.nextRuns) terminal.stdout.write(`  ${run.local}\n`);
    },
  ).option("--zone <name>", "the school's time zone, such as America/New_York");
}
