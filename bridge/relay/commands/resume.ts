/** `resume`: asks again about an upload that was held or parked; the worker knows what it decided. */
import type { Handler } from "./command.ts";

export const resume: Handler<"resume"> = (command, { vault, outbox, done }) => {
  const isThere = outbox.goOn(command.uploadId);
  const acknowledgement = isThere
    ? done(command)
    : done(command, "failed", "the bridge has no such upload any more");
  vault.catalog.commands.record(acknowledgement);
  return Promise.resolve();
};
