/** The size of a file as its blob's newest whole entry tells it; headers are not encrypted. */
import { open } from "node:fs/promises";
import { blobPath } from "../vault/blob/files.ts";
import {
  chainAfter,
  decodeHeader,
  ENTRY_OVERHEAD,
  entryBytes,
  HEADER_BYTES,
  PREAMBLE_BYTES,
} from "../vault/blob/format.ts";
import { readAt } from "../vault/blob/replay.ts";

/** 0 where no entry is whole. */
export async function lastSizeOf(folder: string, blob: string): Promise<number> {
  await using handle = await open(blobPath(folder, blob), "r");
  const { size: end } = await handle.stat();
  let chain = chainAfter(await readAt(handle, 0, PREAMBLE_BYTES));
  let size = 0;
  for (let position = PREAMBLE_BYTES; position + ENTRY_OVERHEAD <= end;) {
    const head = await readAt(handle, position, HEADER_BYTES);
    const header = decodeHeader(head, position);
    if (!header || !chain.equals(header.chain) || position + entryBytes(header) > end) break;
    chain = chainAfter(head);
    size = header.size;
    position += entryBytes(header);
  }
  return size;
}
