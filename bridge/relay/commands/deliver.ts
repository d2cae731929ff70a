/** `deliver`: puts a file of the worker's into the home, in the place of one of the same name. */
import { isDeliverable, storeDownload } from "../download.ts";
import type { Handler } from "./command.ts";

export const deliver: Handler<"deliver"> = async (command, { vault, worker, done }) => {
  const { schoolId, folder, name, href, exportId } = command;
  if (!isDeliverable(command)) {
    vault.catalog.commands.record(done(command, "failed", "no home can have a file of this name"));
    return;
  }
  await using file = await storeDownload(vault, schoolId, worker.download(href));
  vault.catalog.deliverExport(done(command), `${folder}/${name}`, exportId, file);
};
