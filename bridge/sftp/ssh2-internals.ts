/**
 * What a server needs of ssh2 1.17 and ssh2 does not publish, in one place. The tests of this folder
 * fail when a new version moves any of it.
 */
import type { Socket } from "node:net";
import type { AuthContext, Connection, Session, SFTPWrapper } from "ssh2";

interface Protocol {
  /** Packets held back while keys are exchanged anew. */
  _queue?: Buffer[];
  disconnect(reason: number): void;
  exitStatus(channel: number, status: number): void;
  channelClose(channel: number): void;
}

interface InnerConnection {
  _sock: Socket;
  _protocol: Protocol;
  _chanMgr: { remove(channel: number): void };
}

interface InnerSftp {
  _protocol: Protocol;
  /** Answers that the client's channel window has no room for. */
  _buffer: Buffer[];
  outgoing: { id: number; state: "open" | "eof" | "closing" | "closed" };
  push(bytes: Buffer | null): unknown;
}

interface InnerSession {
  _channel?: unknown;
  _chanInfo: { incoming: { id: number }; outgoing: { id: number } };
}

/** RFC 4253 section 11.1. */
export const DISCONNECT = { byApplication: 11, tooManyConnections: 12, noMoreMethods: 14 } as const;

export function socketOf(client: Connection): Socket {
  return (client as unknown as InnerConnection)._sock;
}

/** Ends a connection; `client.end()` throws when the peer has just gone. */
export function endSsh(client: Connection): void {
  disconnect(client, DISCONNECT.byApplication);
}

/** Ends a connection with a reason; `client.end()` can only say "by application". */
export function disconnect(client: Connection, reason: number): void {
  const { _protocol, _sock } = client as unknown as InnerConnection;
  try {
    _protocol.disconnect(reason);
  } catch {
    // It is gone already.
  }
  _sock.end();
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

/** Bytes of answers that the client has not taken yet. */
export function answersWaiting(sftp: SFTPWrapper, socket: Socket): number {
  const { _buffer, _protocol } = sftp as unknown as InnerSftp;
  return socket.writableLength + total(_buffer) + total(_protocol._queue);
}

function total(buffers: Buffer[] = []): number {
  let bytes = 0;
  for (const buffer of buffers) bytes += buffer.length;
  return bytes;
}

/**
 * Ends the channel from our side. With an exit status: `scp` takes a channel without one for a
 * failure.
 */
export function endChannel(sftp: SFTPWrapper): void {
  const { _protocol, outgoing } = sftp as unknown as InnerSftp;
  if (outgoing.state !== "open") return;
  _protocol.exitStatus(outgoing.id, 0);
  sftp.end();
}

/** Stops parsing: after a malformed packet all that follows is noise, which could claim any size. */
export function deafen(sftp: SFTPWrapper): void {
  (sftp as unknown as InnerSftp).push = () => true;
}

/** Answers the CLOSE of a channel on which no subsystem was started; ssh2 forgets to. */
export function closeUnused(client: Connection, session: Session): void {
  const { _channel, _chanInfo } = session as unknown as InnerSession;
  if (_channel) return;
  const { _protocol, _chanMgr } = client as unknown as InnerConnection;
  _chanMgr.remove(_chanInfo.incoming.id);
  _protocol.channelClose(_chanInfo.outgoing.id);
}
