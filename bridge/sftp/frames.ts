/**
 * Cuts the bytes of a channel into packets. A packet that came in one piece is not copied, another
 * once; no more is kept than one packet that is not whole yet. A long one is in a buffer that is to be
 * given back (buffers.ts).
 */
import { takeBuffer } from "./buffers.ts";
import { Malformed } from "./fields.ts";
import { LONGEST_PACKET } from "./packets.ts";

/**
 * From so many bytes on a packet is put together in a buffer that can be given back, which is no more
 * than twice as long.
 */
const LONG = LONGEST_PACKET / 2;

export class Frames {
  readonly #head = Buffer.alloc(4);
  #headHas = 0;
  /** The packet that is not whole yet. */
  #packet: Buffer | undefined;
  #packetHas = 0;

  /**
   * Takes what came and yields the packets that are whole now, without their lengths.
   *
   * @throws Malformed a packet's length is none; what follows cannot be understood any more
   */
  *take(bytes: Buffer): Generator<Buffer> {
    for (let left = bytes; left.length > 0;) {
      if (this.#headHas < 4) {
        const taken = left.copy(this.#head, this.#headHas);
        this.#headHas += taken;
        left = left.subarray(taken);
        if (this.#headHas < 4) return;
      }
      const length = this.#head.readUInt32BE();
      if (length === 0 || length > LONGEST_PACKET) {
        throw new Malformed(`A packet of ${length} bytes; 1 to ${LONGEST_PACKET} are possible.`);
      }
      if (!this.#packet && left.length >= length) {
        this.#headHas = 0;
        const whole = left.subarray(0, length);
        left = left.subarray(length);
        yield whole;
        continue;
      }
      this.#packet ??= length >= LONG
        ? takeBuffer().subarray(0, length)
        : Buffer.allocUnsafe(length);
      const taken = left.copy(this.#packet, this.#packetHas);
      this.#packetHas += taken;
      left = left.subarray(taken);
      if (this.#packetHas < length) return;
      const whole = this.#packet;
      this.#packet = undefined;
      this.#headHas = this.#packetHas = 0;
      yield whole;
    }
  }
}
