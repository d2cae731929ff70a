/**
 * SFTP packets by hand, for what no honest client sends.
 */
import type { Client, ClientChannel } from "ssh2";
import { until } from "../../until.ts";

export const TYPE = {
  init: 1,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  setstat: 9,
  stat: 17,
  rename: 18,
  extended: 200,
  status: 101,
  handle: 102,
} as const;

export interface Reply {
  type: number;
  id: number;
  body: Buffer;
}

export class RawSftp {
  readonly channel: ClientChannel;
  readonly replies: Reply[] = [];
  #buffer = Buffer.alloc(0);
  /** Not 3, which stands where a request's number would in the answer to INIT. */
  #last = 1000;

  static open(client: Client): Promise<RawSftp> {
    return new Promise((resolve, reject) => {
      client.subsys("sftp", (error, channel) => {
        if (error) return reject(error);
        const raw = new RawSftp(channel);
        raw.sendBytes(packet(TYPE.init, uint32(3)));
        until(() => raw.replies.length === 1).then(() => resolve(raw), reject);
      });
    });
  }

  private constructor(channel: ClientChannel) {
    this.channel = channel;
    channel.on("error", () => {});
    channel.on("data", (bytes: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, bytes]);
      while (this.#buffer.length >= 4) {
        const end = 4 + this.#buffer.readUInt32BE();
        if (this.#buffer.length < end) break;
        const reply = this.#buffer.subarray(4, end);
        this.replies.push({ type: reply[0]!, id: reply.readUInt32BE(1), body: reply.subarray(5) });
        this.#buffer = this.#buffer.subarray(end);
      }
    });
  }

  /** Sends a request; answers its number. */
  send(type: number, ...fields: Buffer[]): number {
    const id = ++this.#last;
    this.sendBytes(packet(type, uint32(id), ...fields));
    return id;
  }

  sendBytes(bytes: Buffer): void {
    this.channel.write(bytes);
  }

  async reply(id: number): Promise<Reply> {
    await until(() => this.replies.some((reply) => reply.id === id), `the answer to ${id}`);
    return this.replies.find((reply) => reply.id === id)!;
  }

  /** The status code and sentence of an answer. */
  async status(id: number): Promise<{ code: number; message: string }> {
    const { type, body } = await this.reply(id);
    if (type !== TYPE.status) throw new Error(`the answer has type ${type}`);
    return {
      code: body.readUInt32BE(),
      message: body.subarray(8, 8 + body.readUInt32BE(4)).toString(),
    };
  }

  async open(path: string, flags: number): Promise<Buffer> {
    const { type, body } = await this.reply(
      this.send(TYPE.open, string(path), uint32(flags), uint32(0)),
    );
    if (type !== TYPE.handle) throw new Error("not opened");
    return body.subarray(4);
  }
}

interface InnerClient {
  _protocol: {
    _packetRW: {
      write: { allocStart: number; alloc(size: number): Buffer; finalize(packet: Buffer): Buffer };
    };
    _cipher: { encrypt(packet: Buffer): void };
  };
}

/** Sends an SSH message by hand. */
export function sendMessage(client: Client, message: Buffer): void {
  const { _packetRW, _cipher } = (client as unknown as InnerClient)._protocol;
  const whole = _packetRW.write.alloc(message.length);
  message.copy(whole, _packetRW.write.allocStart);
  _cipher.encrypt(_packetRW.write.finalize(whole));
}

export function packet(type: number, ...fields: Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from([type]), ...fields]);
  return Buffer.concat([uint32(body.length), body]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function uint64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

export function string(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}
