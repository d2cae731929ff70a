/**
 * Turning a connection away with a reason that its client can show: before any key is exchanged a
 * DISCONNECT in clear, after the greeting (RFC 4253 sections 4.2, 6 and 11.1); later in whatever way
 * is spoken on it.
 */
import type { Socket } from "node:net";
import type { After } from "../timers.ts";

/** RFC 4253 section 11.1. */
export const DISCONNECT = {
  ...{ notAllowed: 1, protocolError: 2, byApplication: 11 },
  ...{ tooManyConnections: 12, noMoreMethods: 14 },
} as const;

export interface Refusal {
  /** One of {@link DISCONNECT}. */
  reason: number;
  sentence: string;
}

/** Says a refusal to who is connected, and ends this side of the connection. */
export type Tell = (refusal: Refusal) => void;

/** When a refusal is told, in milliseconds: who comes again as soon as it is sent away comes less often. */
export const TOLD_AFTER_MS = 1000;
/** How long a peer may then take to read it; how many peers at once are kept for both, and of one source. */
const LINGER_MS = 2000;
const LINGERING = { all: 128, ofSource: 16 };

export class Refusing {
  readonly #after: After;
  /** Who is yet to be told, or to have read it, and its source. */
  readonly #lingering = new Map<Socket, string>();

  constructor(after: After) {
    this.#after = after;
  }

  /** How many these are. */
  get count(): number {
    return this.#lingering.size;
  }

  /** Ends the connection, in a moment; in a flood, of all or of its source, at once and without a word. */
  refuse(socket: Socket, source: string, refusal: Refusal, tell: Tell): void {
    if (!this.#hasRoom(source)) return void socket.destroy();
    this.#lingering.set(socket, source);
    let callOff = this.#after(TOLD_AFTER_MS, () => {
      callOff = this.#after(LINGER_MS, () => socket.destroy());
      // What is not read would have the kernel reset the connection, and the sentence with it.
      socket.resume();
      tell(refusal);
    });
    socket.once("close", () => {
      callOff();
      this.#lingering.delete(socket);
    });
    socket.removeAllListeners("readable").removeAllListeners("data").pause();
  }

  #hasRoom(source: string): boolean {
    if (this.#lingering.size >= LINGERING.all) return false;
    let own = 0;
    for (const of of this.#lingering.values()) if (of === source) own++;
    return own < LINGERING.ofSource;
  }
}

/** To who was not greeted yet. */
export const tellNewcomer = (socket: Socket): Tell => (refusal) => {
  socket.end(Buffer.concat([Buffer.from("SSH-2.0-Rosterbridge\r\n"), inClear(refusal)]));
};

/** To who was greeted and has said nothing. */
export const tellGreeted = (socket: Socket): Tell => (refusal) => {
  socket.end(inClear(refusal));
};

/** SSH_MSG_DISCONNECT. */
export function disconnectMessage({ reason, sentence }: Refusal): Buffer {
  const text = Buffer.from(sentence);
  const message = Buffer.alloc(1 + 4 + 4 + text.length + 4);
  message[0] = 1;
  message.writeUInt32BE(reason, 1);
  message.writeUInt32BE(text.length, 5);
  text.copy(message, 9);
  return message;
}

function inClear(refusal: Refusal): Buffer {
  const message = disconnectMessage(refusal);
  // Without a cipher packets are multiples of eight bytes, with four of padding or more.
  const padding = 8 - ((message.length + 5) % 8) + ((message.length + 5) % 8 > 4 ? 8 : 0);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(1 + message.length + padding);
  head[4] = padding;
  return Buffer.concat([head, message, Buffer.alloc(padding)]);
}
