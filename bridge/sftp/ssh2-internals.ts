/**
 * What a server needs of ssh2 1.17 and ssh2 does not publish, in one place. The tests of this folder
 * fail when a new version moves any of it.
 */
import type { Socket } from "node:net";
import type { AuthContext, Connection, Session } from "ssh2";

interface PacketWriter {
  allocStartKEX: number;
  alloc(size: number, force: boolean): Buffer;
  finalize(packet: Buffer, force: boolean): Buffer;
}

interface Protocol {
  /** Packets held back while keys are exchanged anew. */
  _queue?: Buffer[];
  _packetRW: { write: PacketWriter };
  _cipher: { encrypt(packet: Buffer): void };
  channelClose(channel: number): void;
}

interface InnerConnection {
  _sock: Socket;
  _protocol: Protocol;
  _chanMgr: { remove(channel: number): void };
}

interface InnerSession {
  _channel?: unknown;
  _chanInfo: { incoming: { id: number }; outgoing: { id: number } };
}

/** RFC 4253 section 11.1. */
const MESSAGE = { disconnect: 1 } as const;
export const DISCONNECT = { byApplication: 11, tooManyConnections: 12, noMoreMethods: 14 } as const;

export function socketOf(client: Connection): Socket {
  return (client as unknown as InnerConnection)._sock;
}

/**
 * Ends a connection with a reason and a sentence, which OpenSSH and PuTTY show; `client.end()` can say
 * neither, and throws when the peer has just gone.
 */
export function disconnect(client: Connection, reason: number, sentence: string): void {
  const { _protocol, _sock } = client as unknown as InnerConnection;
  const text = Buffer.from(sentence);
  const message = Buffer.alloc(1 + 4 + 4 + text.length + 4);
  message[0] = MESSAGE.disconnect;
  message.writeUInt32BE(reason, 1);
  message.writeUInt32BE(text.length, 5);
  text.copy(message, 9);
  try {
    sendAtOnce(_protocol, message);
  } catch {
    // It is gone already.
  }
  _sock.end();
}

/** Sends a message also in the middle of a key exchange. */
function sendAtOnce({ _packetRW, _cipher }: Protocol, message: Buffer): void {
  const { write } = _packetRW;
  const start = write.allocStartKEX;
  const packet = write.alloc(message.length, true);
  message.copy(packet, start);
  _cipher.encrypt(write.finalize(packet, true));
}

/**
 * Says that a key would do, under the name that the client gave its algorithm (RFC 4252 section 7):
 * ssh2 says `ssh-rsa` for `rsa-sha2-256` and `-512`, and clients that compare go away (asyncssh, Go's
 * before 2024, so rclone 1.60).
 */
export function acceptKey(attempt: AuthContext): void {
  if (attempt.method === "publickey" && attempt.hashAlgo) {
    attempt.key.algo = attempt.hashAlgo === "sha256" ? "rsa-sha2-256" : "rsa-sha2-512";
  }
  attempt.accept();
}

/** Bytes held back while keys are exchanged anew. */
export function heldBack(client: Connection): number {
  let bytes = 0;
  for (const { length } of (client as unknown as InnerConnection)._protocol._queue ?? []) {
    bytes += length;
  }
  return bytes;
}

/** Answers the CLOSE of a channel on which no subsystem was started; ssh2 forgets to. */
export function closeUnused(client: Connection, session: Session): void {
  const { _channel, _chanInfo } = session as unknown as InnerSession;
  if (_channel) return;
  const { _protocol, _chanMgr } = client as unknown as InnerConnection;
  _chanMgr.remove(_chanInfo.incoming.id);
  _protocol.channelClose(_chanInfo.outgoing.id);
}
