/** Schools: list them, make one, look at one. */
import { list } from "../api.ts";
import { ask, askOne, type Command } from "../command.ts";
import { exitCodes, Failure } from "../exit-codes.ts";
import { showList } from "../output.ts";
import type { Terminal } from "../terminal.ts";

export function addSchoolCommands(program: Command, terminal: Terminal): void {
  const schools = ask(
    program,
    terminal,
    "schools",
    "lists the schools; its words show, add or change one",
    async (api, _, options) => {
      const found = await list((query) => api.json("get", "/admin/schools", { params: { query } }));
      showList(terminal, found, [
        ["SLUG", (it) => it.slug],
        ["NAME", (it) => it.name],
        ["SINCE", (it) => it.createdAt],
        ["", (it) => it.suspendedAt ? `suspended ${it.suspendedAt}` : ""],
      ], {
        ...options,
        nothing: 'There is no school yet; make one: rosterbridge schools add SLUG "Its name"',
      });
    },
  );

  askOne(
    schools,
    terminal,
    "show <slug>",
    "one school with its settings",
    (api, [slug]) =>
      api.json("get", "/admin/schools/{slug}", { params: { path: { slug: slug! } } }),
  );

  askOne(
    schools,
    terminal,
    "add <slug> <name>",
    "makes a school",
    async (api, [slug, name], options) => {
      const settings = readSettings(options["set"] ?? []);
      return await api.json("post", "/admin/schools", {
        body: { slug: slug!, name: name!, settings },
      });
    },
  ).option("--set <name=value...>", "settings, their values as JSON or a word");

  askOne(
    schools,
    terminal,
    "set <slug> <settings...>",
    "changes settings, written name=value (docs/admin.md)",
    async (api, [slug, ...given]) => {
      const settings = readSettings(given);
      return await api.json("patch", "/admin/schools/{slug}", {
        params: { path: { slug: slug! } },
        body: { settings },
      });
    },
  );
}

/** `rowLimit=20000 mode=snapshot emailDomains=["college.edu"]`; `null` is the default. */
function readSettings(given: string[]): Record<string, unknown> {
  return Object.fromEntries(given.map((text) => {
    const [, name, value] = /^([a-zA-Z]+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined) {
      throw new Failure(
        `"${text}" is no setting; it is written name=value, such as mode=snapshot.`,
        exitCodes.usage,
      );
    }
    return [name, readValue(value!)];
  }));
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
