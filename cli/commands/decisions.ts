/** What an administrator decides about an upload. */
import { type Api, list } from "../api.ts";
import { type Answer, ask, askOne, type Command, type Options } from "../command.ts";
import { showList, showOne } from "../output.ts";
import type { Terminal } from "../terminal.ts";

type Decide = (api: Api, path: { id: string }, options: Options) => Promise<object>;

export function addDecisionCommands(program: Command, terminal: Terminal): void {
  const why = (options: Options) => ({ reason: options["reason"] as string | undefined });
  const again = (options: Options) => ({ confirm: options["confirm"] as string | undefined });

  askingAgain(decision(
    "release <id>",
    "applies a held upload, if it would not change more than was shown",
    (api, path, options) =>
      api.json("post", "/admin/uploads/{id}/release", {
        params: { path, query: again(options) },
        body: { ...why(options), withoutRemovals: options["withoutRemovals"] },
      }),
  )).option("--without-removals", "nobody is made inactive");

  decision(
    "discard <id>",
    "gives up a held or parked upload; its report says so",
    (api, path, options) =>
      api.json("post", "/admin/uploads/{id}/discard", { params: { path }, body: why(options) }),
  );

  decision(
    "retry <id>",
    "tries a parked upload again",
    (api, path, options) =>
      api.json("post", "/admin/uploads/{id}/retry", { params: { path }, body: why(options) }),
  );

  const revert = ask(
    program,
    terminal,
    "revert <id>",
    "puts back what an upload changed, and lists what could not be put back",
    async (api, [id], options) => {
      const path = { id: id! };
      // The answer has the first of them only.
      const { items: _, next: __, ...answer } = await api.json(
        "post",
        "/admin/uploads/{id}/revert",
        { params: { path, query: again(options) }, body: why(options) },
      );
      const items = await list((query) =>
        api.json("get", "/admin/uploads/{id}/revert", { params: { path, query } })
      );
      if (options.json) return showOne(terminal, { ...answer, items }, options);
      showOne(terminal, answer, options);
      showList(terminal, items, [
        ["USERNAME", (it) => it.username],
        ["WHY", (it) => it.why],
        ["MESSAGE", (it) => it.message],
      ], { nothing: "Nothing of it is left." });
    },
  );
  askingAgain(withReason(revert));

  function decision(words: string, says: string, decide: Decide): Command {
    const answer: Answer = (api, [id], options) => decide(api, { id: id! }, options);
    return withReason(askOne(program, terminal, words, says, answer));
  }

  function withReason(command: Command): Command {
    return command.option("--reason <words>", "why; stands in the audit trail");
  }

  function askingAgain(command: Command): Command {
    return command.option("--confirm <name>", "the upload's name again, where it is asked for");
  }
}
