/**
 * A packed file as the relay sends it: by offsets of its expanded bytes, which are never stored. The
 * worker asks for them from the first to the last; where it wants earlier ones once more, as after a
 * restart or in a second pass, they are expanded from the beginning again.
 */
import type { Packing } from "../../schools/lanes.ts";
import { takes } from "../../schools/lanes.ts";
import { type ExpansionLimits, FREE_BYTES, type Source, Unreadable } from "./archive.ts";
import { expandGzip } from "./gzip.ts";
import { expandZip } from "./zip.ts";

export class ExpandedFile implements Source {
  readonly #expand: () => AsyncIterable<Uint8Array>;
  #pieces: AsyncIterator<Uint8Array> | undefined;
  /** Expanded bytes from `#start` on. */
  #window: Uint8Array = new Uint8Array();
  #start = 0;

  /** @param size how many bytes `expand` gives, as {@link expandedSize} found */
  constructor(expand: () => AsyncIterable<Uint8Array>, readonly size: number) {
    this.#expand = expand;
  }

  /** Bytes from an offset; fewer only at the end. What is before them is forgotten. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    if (offset < this.#start) await this.close();
    this.#pieces ??= this.#expand()[Symbol.asyncIterator]();
    const end = Math.min(offset + length, this.size);
    const parts = [this.#from(offset)];
    let have = this.#start + this.#window.length;
    while (have < end) {
      const { value, done } = await this.#pieces.next();
      if (done) break;
      const skipped = Math.min(Math.max(0, offset - have), value.length);
      parts.push(value.subarray(skipped));
      have += value.length;
    }
    this.#window = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    this.#start = offset;
    return this.#window.subarray(0, Math.max(0, end - offset));
  }

  #from(offset: number): Uint8Array {
    return this.#window.subarray(Math.min(offset - this.#start, this.#window.length));
  }

  /** Ends the expanding; the next read begins it anew. */
  async close(): Promise<void> {
    const pieces = this.#pieces;
    this.#pieces = undefined;
    this.#window = new Uint8Array();
    this.#start = 0;
    await pieces?.return?.();
  }
}

/** The expanded bytes of a packed file. */
export function expansion(source: Source, packing: Packing): AsyncGenerator<Uint8Array> {
  return packing.as === "gzip"
    ? expandGzip(source)
    : expandZip(source, (name) => takes(packing.entry, name));
}

/**
 * Expands a file once, and forgets it: is it whole, and how many bytes is it?
 * @throws {Unreadable} also where it is more than the limits allow
 */
export async function expandedSize(
  source: Source,
  packing: Packing,
  { maxBytes, maxRatio }: ExpansionLimits,
): Promise<number> {
  const ofRatio = Math.max(FREE_BYTES, source.size * maxRatio);
  let size = 0;
  for await (const piece of expansion(source, packing)) {
    size += piece.length;
    if (size > maxBytes) {
      throw new Unreadable("too_large", `The file is more than ${words(maxBytes)} when expanded.`);
    }
    if (size > ofRatio) {
      const message = `The file is more than ${maxRatio} times as large when expanded, which no ` +
        "roster is.";
      throw new Unreadable("too_large", message);
    }
  }
  return size;
}

function words(bytes: number): string {
  const mebibytes = bytes / 1024 / 1024;
  return Number.isInteger(mebibytes) ? `${mebibytes} MiB` : `${bytes} bytes`;
}
