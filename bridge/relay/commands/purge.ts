/**
 * `purge`: forgets a school. Its keys go with its rows, and what is encrypted with them is nobody's to
 * read any more, wherever a copy of it may be; then its bytes are removed.
 */
import type { Handler } from "./command.ts";

export const purge: Handler<"purge"> = async (command, { vault, outbox, done }) => {
  await outbox.forget(command.schoolId);
  await vault.purge(command.schoolId);
  vault.catalog.commands.record(done(command));
};
