/**
 * Retention: evidence and reports (`.original`, `.completed`, `.rejected`) that are older than a school
 * keeps them, and exports that were downloaded so long ago, are taken out of its home. Only where an
 * administrator asked for it; each file is in the audit, and in the bridge's ledger when it is gone.
 */
import { isExportName, isProcessingName, isStageName } from "../../shared/file-names.ts";
import type { Command } from "../../shared/protocol.ts";
import { describeFault } from "../../shared/fault.ts";
import { instant, type WorkerContext } from "../context.ts";
import { auditEntry } from "../database/control/audit.ts";
import {
  claimRetention,
  type DueRetention,
  dueRetentions,
  nextLook,
} from "../database/control/retentions.ts";
import { askFor, removalsAskedFor } from "../database/school/commands.ts";
import { filesBefore, type StoredFile } from "../database/school/files.ts";

type Context = Pick<WorkerContext, "database" | "now" | "randomId" | "log">;

/** So many schools are looked at in one go. */
const SCHOOLS = 5;
/** A school is looked at every hour, and a minute after there was more than was asked for. */
const LOOK_MS = 3_600_000;
const AGAIN_MS = 60_000;
/** So many removals are asked for at a time, so that they keep nothing else of the school waiting. */
const REMOVALS = 20;
/** So many files are looked through at a time. */
const PAGE = 1_000;
const DAY_MS = 86_400_000;

/** Looks at schools that are due. It throws nothing: what fails is logged and due again. */
export async function retainInPassing(context: Context): Promise<void> {
  const { database, now, log } = context;
  try {
    for (const due of await dueRetentions(database, instant(now()), SCHOOLS)) {
      await retain(context, due);
    }
  } catch (error) {
    log("retention.failed", describeFault(error));
  }
}

async function retain(context: Context, due: DueRetention): Promise<void> {
  const { database, now, randomId } = context;
  const { schoolId, bridge, days, reason, actor } = due;
  const next = instant(now() + LOOK_MS);
  if (!await claimRetention(database, due, next)) return;
  const files = await expired(context, due);
  if (files.length === 0) return;
  const at = instant(now());
  const by = { actor: "retention", at };
  const why = `kept for ${days} days, as ${actor} asked: ${reason}`;
  await database.batch([
    ...files.flatMap(({ path, size }) => {
      const command: Command = { id: randomId(), type: "remove", schoolId, path, why };
      const detail = { path, size, days };
      return [askFor(command, bridge, at), auditEntry(by, schoolId, "file.removal_asked", detail)];
    }),
    ...(files.length === REMOVALS ? [nextLook(schoolId, next, instant(now() + AGAIN_MS))] : []),
  ], "write");
}

/** Up to so many files as are asked for at a time. */
async function expired(
  { database, now }: Context,
  { schoolId, days }: DueRetention,
): Promise<StoredFile[]> {
  const cutoff = instant(now() - days * DAY_MS);
  const asked = new Set(await removalsAskedFor(database, schoolId));
  const found: StoredFile[] = [];
  for (let after: [string, string] = ["", ""];;) {
    const files = await filesBefore(database, schoolId, cutoff, { after, limit: PAGE });
    for (const file of files) {
      if (!isDone(file, cutoff) || asked.has(file.path)) continue;
      if (found.push(file) === REMOVALS) return found;
    }
    const last = files.at(-1);
    if (!last || files.length < PAGE) return found;
    after = [last.at, last.path];
  }
}

/** A file that the service named, and that nothing is to be done with any more. */
function isDone({ path, state, downloadedAt }: StoredFile, cutoff: string): boolean {
  const [, folder, name] = path.split("/");
  if (state !== "complete" || name === undefined) return false;
  if (folder === "inbound") return isStageName(name) && !isProcessingName(name);
  const isExport = folder === "outbound" && isExportName(name);
  return isExport && downloadedAt !== null && downloadedAt <= cutoff;
}
