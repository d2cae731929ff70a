/** What the worker has for a home, brought into blobs of its own before the catalog hears of it. */
import type { SchoolId } from "../../shared/protocol.ts";
import type { Delivery } from "../vault/catalog/catalog.ts";
import type { Vault } from "../vault/vault.ts";

/** A download that is stored and durable. Disposing of it before it is delivered removes it. */
export interface StoredDownload extends Delivery, AsyncDisposable {}

/** Writes a download into a new blob; a failed one leaves nothing behind. */
export async function storeDownload(
  vault: Vault,
  schoolId: SchoolId,
  pieces: AsyncIterable<Uint8Array>,
): Promise<StoredDownload> {
  const reference = await vault.reserve(schoolId);
  const { blob, release } = await vault.use(reference, { mayBeNew: true }).catch(async (error) => {
    await vault.sweep(reference.blob);
    throw error;
  });
  try {
    for await (const piece of pieces) await blob.write(blob.size, piece);
    await blob.sync();
  } catch (error) {
    await release();
    throw error;
  }
  const { size, sha256 } = blob;
  return { reference, size, sha256, [Symbol.asyncDispose]: release };
}

/** Is it the name of a file in one of the two folders, as a worker may ask for one? */
export function isDeliverable({ folder, name }: { folder: string; name: string }): boolean {
  const isName = name !== "" && name !== "." && name !== ".." && Buffer.byteLength(name) <= 255;
  // deno-lint-ignore no-control-regex
  return isName && !/[\x00-\x1f\x7f/\\]/.test(name) && /^\/(inbound|outbound)$/.test(folder);
}
