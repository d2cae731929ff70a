/**
 * What of an accepted file is sent: its bytes, or what they expand to. The file itself stays as it was
 * sent.
 */
import type { UploadAnnouncement } from "../../../shared/protocol.ts";
import type { Packing } from "../../schools/lanes.ts";
import type { OutboxEntry } from "../../vault/catalog/catalog.ts";
import { type Source, Unreadable } from "./archive.ts";
import { ExpandedFile, expandedSize, expansion } from "./expanded-file.ts";

export interface Content {
  source: Source;
  /** What the announcement says of it. */
  announced: Pick<UploadAnnouncement, "size" | "packed" | "unreadable">;
  close(): Promise<void>;
}

/** No roster is so repetitive; deflate itself reaches some thousand times. */
const MOST_RATIO = 250;

/** What each packed file of this run came to: a worker that is away for hours costs no more. */
const known = new WeakMap<OutboxEntry, number | Unreadable>();

/**
 * Opens what of the file is sent: a packed one is expanded once, to know that it is whole and how many
 * bytes it is. Whatever cannot be expanded has no content, and says why.
 *
 * @throws what reading the blob throws
 */
export async function contentOf(
  entry: OutboxEntry,
  blob: Source,
  maxBytes: number,
): Promise<Content> {
  if (entry.packing === null) {
    const { size } = blob;
    return { source: blob, announced: { size }, async close() {} };
  }
  const packing = JSON.parse(entry.packing) as Packing;
  const found = known.get(entry) ?? await sizeOf(blob, packing, maxBytes);
  known.set(entry, found);
  const packed = { as: packing.as, size: blob.size };
  if (found instanceof Unreadable) {
    const { code, message } = found;
    return {
      // An older worker, which does not hear why, is sent an empty file and says that it is empty.
      source: { size: 0, read: () => Promise.resolve(new Uint8Array()) },
      announced: { size: 0, packed, unreadable: { code, message } },
      async close() {},
    };
  }
  const source = new ExpandedFile(() => expansion(blob, packing), found);
  return {
    source,
    announced: { size: found, packed },
    close: () => source.close(),
  };
}

async function sizeOf(
  blob: Source,
  packing: Packing,
  maxBytes: number,
): Promise<number | Unreadable> {
  try {
    return await expandedSize(blob, packing, { maxBytes, maxRatio: MOST_RATIO });
  } catch (error) {
    if (error instanceof Unreadable) return error;
    throw error;
  }
}
