/** What an administrator decides about an upload. */
import { part } from "../api.ts";
import { ask, type Command } from "../command.ts";
import { showOne } from "../output.ts";
import type { Upload } from "../shapes.ts";
import type { Terminal } from "../terminal.ts";

export function addDecisionCommands(program: Command, terminal: Terminal): void {
  decision(
    "release <id>",
    "applies a held upload, if it would not change more than was shown",
    (options) => ({
      withoutRemovals: options["withoutRemovals"],
    }),
  ).option("--without-removals", "nobody is made inactive");
  decision("discard <id>", "gives up a held or parked upload; its report says so");
  decision("retry <id>", "tries a parked upload again");
  decision("revert <id>", "puts back what an upload changed, and lists what could not be put back");

  function decision(
    words: string,
    says: string,
    more: (options: Record<string, unknown>) => object = () => ({}),
  ) {
    const name = words.split(" ")[0]!;
    return ask(program, terminal, words, says, async (api, [id], options) => {
      const body = { reason: options["reason"], ...more(options) };
      const path = `/admin/uploads/${part(id!)}/${name}`;
      const upload = await api.json<Upload>("POST", path, body, { confirm: options["confirm"] });
      showOne(terminal, upload, options);
    }).option("--reason <words>", "why; stands in the audit trail")
      .option("--confirm <name>", "the upload's name again, where it is asked for");
  }
}
