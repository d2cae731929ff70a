/** Students, and that they are verified. */
import { readFile } from "node:fs/promises";
import { list } from "../api.ts";
import { ask, type Command } from "../command.ts";
import { exitCodes, Failure } from "../exit-codes.ts";
import { showList, showOne } from "../output.ts";
import type { Verified } from "../shapes.ts";
import { readAll, type Terminal } from "../terminal.ts";

/** The worker takes so many in one call. */
const MOST_USERNAMES = 50_000;

export function addStudentCommands(program: Command, terminal: Terminal): void {
  ask(program, terminal, "students <slug>", "a school's students", async (api, [slug], options) => {
    const path = { slug: slug! };
    const which = { q: options["search"], status: options["status"] };
    const found = await list(
      (page) =>
        api.json("get", "/admin/schools/{slug}/students", {
          params: { path, query: { ...which, ...page } },
        }),
      Number(options["limit"]),
    );
    showList(terminal, found, [
      ["USERNAME", (it) => it.username],
      ["STUDENT ID", (it) => it.studentId],
      ["LAST NAME", (it) => it.lastName],
      ["FIRST NAME", (it) => it.firstName],
      ["STATUS", (it) => it.status],
      ["VERIFIED", (it) => it.verifiedAt],
    ], { ...options, nothing: "No student was found." });
  }).option("--search <words>", "a part of a name, Username or StudentId")
    .option("--status <status>", "active or inactive")
    .option("--limit <number>", "so many", "100");

  ask(
    program,
    terminal,
    "verify-students <slug> [usernames...]",
    "marks students verified",
    async (api, [slug, ...given], options) => {
      const usernames = options["file"] ? await readUsernames(terminal, options["file"]) : given;
      if (usernames.length === 0) {
        throw new Failure(
          "Nobody was named: give Usernames, or a file of them with --file.",
          exitCodes.usage,
        );
      }
      const all: Verified = { verified: [], alreadyVerified: [], unknown: [] };
      for (let from = 0; from < usernames.length; from += MOST_USERNAMES) {
        const some = usernames.slice(from, from + MOST_USERNAMES);
        const answer = await api.json("post", "/admin/schools/{slug}/verifications", {
          params: { path: { slug: slug! } },
          body: { usernames: some, reviewer: options["reviewer"] },
        });
        for (const list of ["verified", "alreadyVerified", "unknown"] as const) {
          all[list].push(...answer[list]);
        }
      }
      if (options.json) showOne(terminal, all, options);
      else {
        terminal.stdout.write(
          `${all.verified.length} verified, ${all.alreadyVerified.length} were already, ` +
            `${all.unknown.length} unknown${
              all.unknown.length > 0 ? `: ${all.unknown.join(" ")}` : ""
            }\n`,
        );
      }
      return all.unknown.length > 0 ? exitCodes.notWell : exitCodes.done;
    },
  ).option("--file <file>", 'a Username a line; "-" is standard input')
    .option("--reviewer <name>", "who looked at the records, if not the caller");
}

async function readUsernames(terminal: Terminal, file: string): Promise<string[]> {
  const text = file === "-"
    ? await readAll(terminal.stdin)
    : await readFile(file, "utf8").catch((error: Error) => {
      throw new Failure(`The Usernames cannot be read: ${error.message}.`, exitCodes.unknown);
    });
  return text.replace(/^\ufeff/, "").split(/\r?\n/).map((line) => line.trim()).filter((line) =>
    line !== ""
  );
}
