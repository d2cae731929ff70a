/**
 * All that a server needs of ssh2 1.17.0 and that ssh2 does not publish, in one place. The version is
 * pinned, {@link checkSsh2} looks at the start whether everything is where it is expected, and the
 * tests of this folder fail when a new version moves any of it.
 */
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import type { AuthContext, Connection, Session } from "ssh2";
import { disconnectMessage } from "../door/refusal.ts";
import { kexNames, withKexNames } from "./kex-names.ts";
import { answerCurve, answerHybrid, HYBRID_KEX, type HybridExchange } from "./hybrid-kem.ts";
import { type PacketCipher, withPacketMemory } from "./packet-memory.ts";

const require = createRequire(import.meta.url);
const VERSION = "1.17.0";

interface PacketWriter {
  allocStart: number;
  allocStartKEX: number;
  alloc(size: number, force?: boolean): Buffer;
  finalize(packet: Buffer, force?: boolean): Buffer;
}

interface KeyExchange {
  remoteExtInfoEnabled: boolean;
  /** The hash of the first exchange. */
  sessionID: Buffer;
  negotiated: { serverHostKey: string };
  _remoteKexinit: Buffer;
  /** The other side's public key, as it goes into the exchange hash. */
  convertPublicKey(key: Buffer): Buffer;
  /** An Error is a failed exchange. */
  computeSecret(theirs: Buffer): Buffer | Error;
  getPublicKey(): Buffer;
  _sentNEWKEYS: boolean;
  _receivedNEWKEYS: boolean;
}

type OnPayload = (payload: Buffer) => unknown;
type KexInitHandler = (protocol: Protocol, payload: Buffer) => unknown;

type GlobalRequest = (protocol: Protocol, name: string, wantReply: boolean, data: unknown) => void;

interface Protocol {
  _handlers: { GLOBAL_REQUEST: GlobalRequest };
  requestSuccess(data: Buffer): void;
  requestFailure(): void;
  /** Packets held back while keys are exchanged anew. */
  _queue?: Buffer[];
  _skipNextInboundPacket: boolean;
  _offer: { lists: { kex: { array: string[] } } };
  _kex?: KeyExchange;
  /** What we said to begin an exchange that is not done yet. */
  _kexinit?: Buffer;
  _packetRW: { write: PacketWriter };
  _cipher: PacketCipher & { encrypt(packet: Buffer): void; free(): void };
  _decipher: { inSeqno: number; _onPayload: OnPayload };
  _onPayload: OnPayload;
  _onHandshakeComplete(...negotiated: unknown[]): void;
  channelClose(channel: number): void;
}

interface InnerConnection {
  _sock: Socket;
  _protocol: Protocol;
  _chanMgr: { remove(channel: number): void };
}

interface InnerSession {
  _channel?: unknown;
  _chanInfo: { incoming: { id: number }; outgoing: { id: number; packetSize: number } };
}

const MESSAGE = {
  unimplemented: 3,
  extInfo: 7,
  kexInit: 20,
  /** KEXDH_INIT, KEX_ECDH_INIT, KEX_HYBRID_INIT: what costs. */
  exchange: 30,
  globalRequest: 80,
} as const;
const constants: { SUPPORTED_KEX?: unknown } = require("ssh2/lib/protocol/constants.js");
/** What is done with a message, by its number. */
const handlers: (KexInitHandler | undefined)[] = require("ssh2/lib/protocol/handlers.js");

/**
 * Readies ssh2 once for what it cannot do by itself.
 *
 * @throws Error with one line when ssh2 is not the version, or not built as this file expects
 */
export function checkSsh2(): void {
  const { version } = require("ssh2/package.json") as { version: string };
  const asExpected = version === VERSION && Array.isArray(constants.SUPPORTED_KEX) &&
    Array.isArray(handlers) && typeof handlers[MESSAGE.kexInit] === "function";
  if (!asExpected) {
    throw new Error(
      `ssh2 is version ${version}; the bridge needs exactly ${VERSION}. Install it with npm ci.`,
    );
  }
  const supported = constants.SUPPORTED_KEX as string[];
  if (supported.includes(HYBRID_KEX)) return;
  supported.push(HYBRID_KEX);
  // Later exchanges come this way; the first one has a way of its own.
  const original = handlers[MESSAGE.kexInit]!;
  handlers[MESSAGE.kexInit] = (protocol, payload) => {
    const preparation = preparations.get(protocol);
    // A client of this process, as tests have.
    if (!preparation) return original(protocol, payload);
    const isOurs = protocol._kexinit !== undefined;
    if (!isOurs && !preparation.mayExchange()) return preparation.refused();
    return exchangeKeys(protocol, payload, (known) => original(protocol, known));
  };
}

/** What {@link prepare} gives a connection. */
export interface Preparation {
  /** `server-sig-algs` of EXT_INFO (RFC 8308): the signatures that a login may have. */
  signatures: readonly string[];
  /** The client wants the first exchange of keys: calls `go` when it may be computed. */
  exchanging(go: () => void): void;
  /** The client asks to exchange keys anew; `false`: it does so too often. */
  mayExchange(): boolean;
  /** Called when it may not, in place of what it wants. */
  refused(): void;
}

/** Who may exchange keys anew. */
const preparations = new WeakMap<Protocol, Preparation>();

/**
 * To be called when ssh2 tells of a connection: before the first key exchange.
 *
 * @throws Error when ssh2's protocol is not built as this file expects
 */
export function prepare(client: Connection, preparation: Preparation): void {
  const { signatures } = preparation;
  const { _protocol: protocol, _sock: socket } = client as unknown as InnerConnection;
  const { _decipher: decipher, _onPayload: onPayload } = protocol;
  const first = decipher._onPayload;
  decipher._onPayload = inTurn(
    client,
    preparation,
    (payload) =>
      payload[0] === MESSAGE.kexInit
        ? exchangeKeys(protocol, payload, (known) => first(known))
        : first(payload),
  );
  preparations.set(protocol, preparation);

  // A new one with each exchange of keys.
  let cipher = protocol._cipher;
  Object.defineProperty(protocol, "_cipher", {
    get: () => cipher,
    set(next: Protocol["_cipher"]) {
      withPacketMemory(next, socket);
      cipher = next;
    },
  });

  protocol._onPayload = (payload) => {
    if (payload.length === 0 || handlers[payload[0]!]) return onPayload(payload);
    answerUnimplemented(protocol, socket);
  };

  // ssh2's own EXT_INFO names SHA-1, and lacks a comma.
  const complete = protocol._onHandshakeComplete;
  protocol._onHandshakeComplete = (...negotiated) => {
    protocol._onHandshakeComplete = complete;
    const wanted = protocol._kex!.remoteExtInfoEnabled;
    protocol._kex!.remoteExtInfoEnabled = false;
    complete(...negotiated);
    if (wanted) send(protocol, extInfo(signatures));
  };

  const silence = () => {
    // ssh2 throws for whatever is still sent on a connection that has ended, in whichever callback.
    protocol._cipher = { encrypt() {}, allocPacket: (size) => Buffer.alloc(size + 64), free() {} };
  };
  socket.once("end", silence).once("close", silence);
}

/** Has the first exchange wait until it is its turn; nothing is read meanwhile. */
function inTurn(client: Connection, { exchanging }: Preparation, first: OnPayload): OnPayload {
  const { _protocol: protocol, _sock: socket } = client as unknown as InnerConnection;
  let isWaiting = false;
  return (payload) => {
    // What came with it, though the client must wait for the answer.
    if (isWaiting) throw new Error("The client did not wait for the exchange of keys.");
    // A wrong guess is passed over (RFC 4253 section 7).
    const costs = payload[0] === MESSAGE.exchange && !protocol._skipNextInboundPacket;
    if (!costs) return first(payload);
    let isTurn = false;
    const kept = Buffer.from(payload);
    exchanging(() => {
      isTurn = true;
      if (!isWaiting || socket.destroyed) return;
      isWaiting = false;
      try {
        first(kept);
      } catch (error) {
        client.emit("error", error as Error);
        socket.end();
      }
      socket.resume();
    });
    if (isTurn) return first(payload);
    isWaiting = true;
    socket.pause();
  };
}

/**
 * Has ssh2 exchange keys. Where the method is {@link HYBRID_KEX}, ssh2 is told another name that it
 * knows, an exchange over curve25519, whose arithmetic is then replaced; the true bytes of the
 * client go into the exchange hash. That of curve25519 itself is replaced by the same in a third of
 * the time.
 */
function exchangeKeys(protocol: Protocol, payload: Buffer, known: OnPayload): unknown {
  const ours = protocol._offer.lists.kex;
  const names = kexNames(payload);
  const chosen = names?.find((name) => ours.array.includes(name));
  if (chosen !== HYBRID_KEX) {
    try {
      return known(payload);
    } finally {
      if (protocol._kex && chosen && CURVES.has(chosen)) {
        replaceArithmetic(protocol._kex, answerCurve);
      }
    }
  }
  const array = ours.array;
  ours.array = [...array, CURVE];
  try {
    return known(withKexNames(payload, names!.map((name) => name === HYBRID_KEX ? CURVE : name)));
  } finally {
    ours.array = array;
    if (protocol._kex) {
      protocol._kex._remoteKexinit = Buffer.from(payload);
      replaceArithmetic(protocol._kex, answerHybrid);
    }
  }
}

const CURVE = "curve25519-sha256";
const CURVES: ReadonlySet<string> = new Set([CURVE, `${CURVE}@libssh.org`]);

/** ssh2 asks for these three, in this order, when the client's public key has come. */
function replaceArithmetic(
  exchange: KeyExchange,
  answerTo: (init: Uint8Array) => HybridExchange,
): void {
  let reply = Buffer.alloc(0);
  exchange.convertPublicKey = (key) => key;
  exchange.computeSecret = (init) => {
    try {
      const answer = answerTo(init);
      reply = Buffer.from(answer.reply);
      return answer.secret;
    } catch (error) {
      return error as Error;
    }
  };
  exchange.getPublicKey = () => reply;
}

/** So much may wait for a peer that asks for what nobody knows and does not read. */
const ANSWERS_WAITING = 1024 * 1024;

/** RFC 4253 section 11.4. */
function answerUnimplemented(protocol: Protocol, socket: Socket): void {
  if (socket.writableLength > ANSWERS_WAITING) return;
  const message = Buffer.alloc(5);
  message[0] = MESSAGE.unimplemented;
  // ssh2 counts a packet before it hands it on.
  message.writeUInt32BE((protocol._decipher.inSeqno - 1) >>> 0, 1);
  send(protocol, message);
}

function extInfo(signatures: readonly string[]): Buffer {
  const parts = ["server-sig-algs", signatures.join(",")].flatMap((text) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    return [length, Buffer.from(text)];
  });
  return Buffer.concat([Buffer.from([MESSAGE.extInfo, 0, 0, 0, 1]), ...parts]);
}

/** Not to be called in the middle of a key exchange. */
function send({ _packetRW, _cipher }: Protocol, message: Buffer): void {
  const { write } = _packetRW;
  const start = write.allocStart;
  const packet = write.alloc(message.length);
  message.copy(packet, start);
  _cipher.encrypt(write.finalize(packet));
}

export function socketOf(client: Connection): Socket {
  return (client as unknown as InnerConnection)._sock;
}

/**
 * Ends a connection with a reason and a sentence, which OpenSSH and PuTTY show; `client.end()` can say
 * neither, and throws when the peer has just gone.
 */
export function disconnect(client: Connection, reason: number, sentence: string): void {
  const { _protocol, _sock } = client as unknown as InnerConnection;
  const message = disconnectMessage({ reason, sentence });
  const { _sentNEWKEYS: sent, _receivedNEWKEYS: received } = _protocol._kex ?? {};
  // ssh2 takes to its new keys when it has heard of the client's; what is sent before nobody can read.
  if (sent && !received) return void _sock.end();
  try {
    // Also in the middle of a key exchange.
    const { write } = _protocol._packetRW;
    const start = write.allocStartKEX;
    const packet = write.alloc(message.length, true);
    message.copy(packet, start);
    _protocol._cipher.encrypt(write.finalize(packet, true));
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

/** Asks for something of the whole connection, without wanting an answer (RFC 4254 section 4). */
export function sendGlobalRequest(client: Connection, name: string, data: Buffer): void {
  const head = Buffer.alloc(5);
  head[0] = MESSAGE.globalRequest;
  head.writeUInt32BE(name.length, 1);
  const { _protocol } = client as unknown as InnerConnection;
  send(_protocol, Buffer.concat([head, Buffer.from(name), Buffer.of(0), data]));
}

/**
 * Answers the client's global requests of a name; `undefined` refuses one. ssh2 refuses all that it does
 * not know, and answers others at once, so the order of answers stays that of the requests.
 */
export function onGlobalRequest(
  client: Connection,
  name: string,
  answer: (data: Buffer) => Buffer | undefined,
): void {
  const { _handlers } = (client as unknown as InnerConnection)._protocol;
  const others = _handlers.GLOBAL_REQUEST;
  _handlers.GLOBAL_REQUEST = (protocol, asked, wantReply, data) => {
    if (asked !== name) return others(protocol, asked, wantReply, data);
    const answered = Buffer.isBuffer(data) ? answer(data) : undefined;
    if (!wantReply) return;
    if (answered) protocol.requestSuccess(answered);
    else protocol.requestFailure();
  };
}

/** The connection's id, and how its host key signed. */
export function sessionOf(client: Connection): { id: Buffer; hostKeyAlgorithm: string } {
  const { sessionID: id, negotiated } = (client as unknown as InnerConnection)._protocol._kex!;
  return { id, hostKeyAlgorithm: negotiated.serverHostKey };
}

/** Bytes held back while keys are exchanged anew. */
export function heldBack(client: Connection): number {
  let bytes = 0;
  for (const { length } of (client as unknown as InnerConnection)._protocol._queue ?? []) {
    bytes += length;
  }
  return bytes;
}

/** The most bytes of a packet that the client takes on this channel, as it said when it opened it. */
export function packetSizeOf(session: Session): number {
  return (session as unknown as InnerSession)._chanInfo.outgoing.packetSize;
}

/** Answers the CLOSE of a channel on which no subsystem was started; ssh2 forgets to. */
export function closeUnused(client: Connection, session: Session): void {
  const { _channel, _chanInfo } = session as unknown as InnerSession;
  if (_channel) return;
  const { _protocol, _chanMgr } = client as unknown as InnerConnection;
  _chanMgr.remove(_chanInfo.incoming.id);
  _protocol.channelClose(_chanInfo.outgoing.id);
}
