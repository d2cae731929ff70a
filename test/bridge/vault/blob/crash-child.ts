/**
 * Writes to a blob until it is killed: node crash-child.ts FOLDER ID KEY SEED. After each sync
 * it prints the number of calls that the sync covered.
 */
import { writeSync } from "node:fs";
import { Blob, BlobMissing } from "../../../../bridge/vault/blob/blob.ts";
import { CRASH_OPTIONS, crashCalls } from "./crash-calls.ts";

const [folder, id, key, seed] = process.argv.slice(2);
const where = [folder!, id!, Buffer.from(key!, "hex"), CRASH_OPTIONS] as const;
const blob = await Blob.open(...where).catch((error) => {
  if (error instanceof BlobMissing) return Blob.createAnew(...where);
  throw error;
});
writeSync(1, "0\n");
let made = 0;
for (const call of crashCalls(Number(seed))) {
  if (call.type === "write") await blob.write(call.offset, call.bytes);
  else if (call.type === "truncate") await blob.truncate(call.size);
  else await blob.sync();
  made++;
  if (call.type === "sync") writeSync(1, `${made}\n`);
}
