/**
 * Turning a connection away before any key is exchanged, with a reason that its client can show: the
 * greeting and a DISCONNECT in clear (RFC 4253 sections 4.2, 6 and 11.1).
 */
import type { Socket } from "node:net";
import type { After } from "../timers.ts";

/** RFC 4253 section 11.1. */
const REASON = { not_allowed: 1, too_many: 12 } as const;
export type DisconnectReason = keyof typeof REASON;

/** How long a peer may take to read it, in milliseconds; and how many peers at once may. */
const LINGER_MS = 2000;
const LINGERING = 64;

export class Refusing {
  readonly #after: After;
  #lingering = 0;

  constructor(after: After) {
    this.#after = after;
  }

  /** Ends the connection; in a flood without a word. */
  refuse(socket: Socket, reason: DisconnectReason, sentence: string): void {
    if (this.#lingering >= LINGERING) return void socket.destroy();
    this.#lingering++;
    const callOff = this.#after(LINGER_MS, () => socket.destroy());
    socket.once("close", () => {
      callOff();
      this.#lingering--;
    });
    // What is not read would have the kernel reset the connection, and the sentence with it.
    socket.resume();
    socket.end(refusalBytes(reason, sentence));
  }
}

export function refusalBytes(reason: DisconnectReason, sentence: string): Buffer {
  const text = Buffer.from(sentence);
  const message = Buffer.alloc(1 + 4 + 4 + text.length + 4);
  message[0] = 1;
  message.writeUInt32BE(REASON[reason], 1);
  message.writeUInt32BE(text.length, 5);
  text.copy(message, 9);
  // Without a cipher packets are multiples of eight bytes, with four of padding or more.
  const padding = 8 - ((message.length + 5) % 8) + ((message.length + 5) % 8 > 4 ? 8 : 0);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(1 + message.length + padding);
  head[4] = padding;
  return Buffer.concat([
    Buffer.from("SSH-2.0-Rosterbridge\r\n"),
    head,
    message,
    Buffer.alloc(padding),
  ]);
}
