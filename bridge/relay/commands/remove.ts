/** `remove`: takes a file out of the home, as an administrator asked for. */
import type { Handler } from "./command.ts";

export const remove: Handler<"remove"> = async (command, context) => {
  const { catalog } = context.vault;
  const file = catalog.find(command.schoolId, command.path);
  if (file?.state === "processing") {
    catalog.commands.record(context.done(command, "failed", "the file is being processed"));
    return;
  }
  if (file) await context.remove(file, command.why);
  catalog.commands.record(context.done(command));
};
