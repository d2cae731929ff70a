/**
 * SETSTAT by path: sizes and times.
 */
import { type Changes, Refusal } from "./home.ts";
import { startWriting } from "./opening.ts";
import { checkNoEvidence, writablePlace } from "./rules.ts";
import { placeOf } from "./paths.ts";
import type { Visit } from "./visit.ts";

export async function changeFile(visit: Visit, path: string, changes: Changes): Promise<void> {
  const { kind } = placeOf(path);
  if (kind === "root" || kind === "folder") return;
  // What was accepted meanwhile has its times from the service; the client hears no error.
  if (!visit.find(path) && visit.accepted(path)) {
    if (changes.size !== undefined) writablePlace(visit.accepted(path)!.path);
    return;
  }
  const file = visit.file(path);
  const { size: now } = visit.attributesOf(file);
  if (changes.size !== undefined) {
    checkNoEvidence(writablePlace(path).name);
    if (changes.size !== now) await resize(visit, path, changes.size, now);
  }
  visit.setTimes(file.id, changes);
}

/** Cuts the file off. Some clients do so by path while they have it open. */
async function resize(visit: Visit, path: string, size: number, now: number): Promise<void> {
  const { id, state } = visit.file(path);
  const writer = visit.keeper.writers.current(id);
  if (writer?.session === visit.session) return writer.resize(size);
  if (size > now) {
    throw new Refusal(
      "failure",
      `The file has ${now} bytes and cannot be made longer without sending them; it was not changed. Write the bytes, or set a smaller size.`,
    );
  }
  const opened = await startWriting(visit, path, {
    read: true,
    write: true,
    append: false,
    create: false,
    exclusive: false,
    truncate: false,
  });
  try {
    await opened.change({ size });
  } catch (error) {
    await opened.abandon("write failed");
    throw error;
  }
  // A partial file stays one, whatever its size.
  await (state === "partial" ? opened.abandon(undefined) : opened.close());
}
