/**
 * One SFTP subsystem on one channel: takes packets from it, has the requests done in order, sends the
 * answers, and puts everything away when the session ends, whichever way it ends.
 */
import type { Log } from "../../shared/log.ts";
import type { Socket } from "node:net";
import type { ServerChannel } from "ssh2";
import { describeFault } from "../../shared/fault.ts";
import { type AbandonReason, type Home, Refusal } from "../home/home.ts";
import type { Limit } from "../limits-reached.ts";
import type { Answer, BytesAnswer } from "./answer.ts";
import { wireAttributes } from "./attributes.ts";
import { giveBack } from "./buffers.ts";
import { Malformed } from "./fields.ts";
import { Frames } from "./frames.ts";
import type { HandleCount } from "./handles.ts";
import {
  type AnswerPacket,
  dataHead,
  readInit,
  readRequest,
  type RequestPacket,
  type Unclear,
  writeAnswer,
  writeVersion,
} from "./packets.ts";
import type { Answers } from "./answers.ts";
import { type Backlog, RequestQueue } from "./request-queue.ts";
import { requestsOf } from "./requests.ts";
import type { Allowances } from "./shares.ts";
import { CODE, END_OF_FILE, OK, type Status, statusOf } from "./status.ts";
import type { Trace } from "./trace.ts";

/** What a request costs beside its bytes. */
const REQUEST_OVERHEAD = 512;
/** Up to here a copy costs less than a packet of its own. */
const SHORT_BYTES = 16 * 1024;
const VERSION = 3;
const limitsOfPace = ["requests", "bandwidth"] as const;

export interface SessionOptions {
  channel: ServerChannel;
  socket: Socket;
  home: Home;
  owner: string;
  now(): number;
  log: Log;
  handleCounts: readonly HandleCount[];
  /** The school came up against a limit. */
  reached(limit: Limit): void;
  /** What waits in all sessions of the school, this one among them. */
  backlog: Backlog;
  answers: Answers;
  /** Sees the packets, when somebody looks for a fault. */
  trace?: Trace;
  /** How fast the school may be. */
  allowances: Allowances;
  /** Bytes of answers that SSH itself holds back. */
  heldBack(): number;
  /** Stops and starts reading what the client sends. */
  hold(): void;
  release(): void;
  /** Called at each request. */
  active(): void;
  /** The client broke the protocol; its connection is of no more use. */
  broken(why: string): void;
}

export interface SftpSession {
  /** Does the requests that have arrived, then ends; or drops those not yet begun. */
  end(requests: "finish" | "discard", why: AbandonReason): void;
  /** Resolves when every file is put away and the home was left. */
  readonly over: Promise<void>;
}

export function startSession(options: SessionOptions): SftpSession {
  const { channel, socket, home, log, trace, allowances } = options;
  const { bandwidth } = allowances;
  const requests = requestsOf(options);
  const frames = new Frames();
  let greeted = false;
  /** After noise nothing can be understood any more. */
  let deaf = false;
  let gone = false;
  let ending: AbandonReason | undefined;
  let leave!: () => void;
  const over = new Promise<void>((resolve) => leave = resolve);
  const answers = options.answers.join(() =>
    socket.writableLength + channel.writableLength + options.heldBack()
  );
  void over.then(answers.leave);

  const queue = new RequestQueue({
    hold: options.hold,
    release: options.release,
    due() {
      for (const limit of limitsOfPace) {
        const due = allowances[limit]?.due();
        if (!due) continue;
        options.reached(limit);
        return due;
      }
      return undefined;
    },
    roomForAnswers,
    overrun() {
      options.reached("waiting_bytes");
      options.broken("sends requests without reading the answers");
    },
  }, options.backlog);

  channel.on("data", (bytes: Buffer) => {
    if (deaf) return;
    try {
      for (const packet of frames.take(bytes)) receive(packet);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      deaf = true;
      options.broken("sent a malformed SFTP packet");
    }
  });
  channel.on("error", () => {}); // `close` follows.
  // The client's EOF. OpenSSH's `sftp -b` waits for our end of the channel, for ever.
  channel.on("end", () => end("finish", "connection lost"));
  channel.on("close", () => {
    gone = true;
    end("finish", "connection lost");
  });

  function receive(packet: Buffer): void {
    options.active();
    if (!greeted) {
      readInit(packet);
      greeted = true;
      return send(() =>
        channel.write(writeVersion({ version: VERSION, extensions: requests.extensions }))
      );
    }
    const request = readRequest(packet);
    trace?.request(request, packet.length);
    queue.add(packet.length + REQUEST_OVERHEAD, async () => {
      allowances.requests.take(1);
      bandwidth?.take(packet.length);
      await perform(request);
      giveBack(packet);
    });
  }

  async function perform(request: RequestPacket | Unclear): Promise<void> {
    const { id } = request;
    try {
      const answer = await requests.perform(understood(request));
      send(() => sendAnswer(id, answer));
    } catch (error) {
      if (!(error instanceof Refusal)) {
        log("sftp.fault", { request: request.type, ...describeFault(error) });
      }
      send(() => sendStatus(id, statusOf(error)));
    }
  }

  function sendStatus(id: number, { code, message }: Status): void {
    const [text, language] = [Buffer.from(message), Buffer.from("en")];
    sendPacket({ type: "STATUS", id, code, message: text, language });
  }

  function sendAnswer(id: number, answer: Answer): void {
    switch (answer.type) {
      case "ok":
        return sendStatus(id, OK);
      case "end of file":
        return sendStatus(id, END_OF_FILE);
      case "handle":
        return sendPacket({ type: "HANDLE", id, handle: answer.handle });
      case "bytes":
        return sendBytes(id, answer);
      case "entries":
        return sendPacket({ type: "NAME", id, entries: answer.entries });
      case "attributes":
        return sendPacket({ type: "ATTRS", id, attributes: wireAttributes(answer.attributes) });
      case "extended":
        return sendPacket({ type: "EXTENDED_REPLY", id, body: answer.body });
    }
  }

  function sendPacket(packet: AnswerPacket): void {
    trace?.answer(packet.type, packet.id, packet.type === "STATUS" ? packet.code : undefined);
    const bytes = writeAnswer(packet);
    bandwidth?.take(bytes.length);
    channel.write(bytes);
  }

  /**
   * In as few packets as they fit into: their head goes where there is room for it before them, or with
   * a copy of them. Only long ones that are elsewhere follow it uncopied, in one write to the socket.
   */
  function sendBytes(id: number, { bytes, packet, sent }: BytesAnswer): void {
    const { buffer, byteOffset, length } = bytes;
    trace?.answer("DATA", id, CODE.ok, length);
    bandwidth?.take(length);
    const head = dataHead(id, length);
    socket.cork();
    if (packet) {
      packet.set(head);
      channel.write(packet, sent);
    } else if (length <= SHORT_BYTES) {
      channel.write(Buffer.concat([head, bytes]), sent);
    } else {
      channel.write(head);
      channel.write(Buffer.from(buffer, byteOffset, length), sent);
    }
    socket.uncork();
  }

  function send(answer: () => void): void {
    if (gone) return;
    try {
      answer();
    } catch (error) {
      // ssh2 throws when the connection ended a moment ago; `close` follows.
      if (!socket.destroyed && socket.writable) log("sftp.fault", describeFault(error));
    }
  }

  function roomForAnswers(): Promise<void> | undefined {
    const hasRoom = () => gone || socket.destroyed || answers.hasRoom();
    if (hasRoom()) return undefined;
    // Room comes when TCP drains, or when a window adjustment was read.
    return new Promise((resolve) => {
      const events = ["drain", "data", "close"];
      const check = () => {
        if (!hasRoom() && !socket.destroyed) return;
        for (const event of events) socket.off(event, check);
        resolve();
      };
      for (const event of events) socket.on(event, check);
    });
  }

  function end(rest: "finish" | "discard", why: AbandonReason): void {
    const done = rest === "discard" ? queue.discard() : queue.finish();
    if (ending) return;
    ending = why;
    void done.then(() => putAway(why)).finally(leave);
  }

  async function putAway(why: AbandonReason): Promise<void> {
    const failed = (error: unknown) => log("sftp.fault", describeFault(error));
    await requests.abandonAll(why, failed);
    // With an exit status: `scp` takes a channel without one for a failure.
    send(() => {
      if (!channel.writable) return;
      channel.exit(0);
      channel.end();
    });
    await home.leave().catch(failed);
  }

  return { end, over };
}

/** @throws Refusal for what is no request that anybody knows */
function understood(request: RequestPacket | Unclear): RequestPacket {
  switch (request.type) {
    case "malformed":
      throw new Refusal("bad_message", "The request is cut short or says more than it has.");
    case "unknown":
      throw new Refusal("unsupported", "The server does not know this kind of request.");
    default:
      return request;
  }
}
