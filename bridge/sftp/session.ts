/**
 * One SFTP subsystem on one channel: takes requests from ssh2, has them done in order, sends the
 * answers, and puts everything away when the session ends, whichever way it ends.
 */
import type { Log } from "../../shared/log.ts";
import type { Socket } from "node:net";
import type { SFTPWrapper } from "ssh2";
import { describeFault } from "../fault.ts";
import { type Home, Refusal } from "../home/home.ts";
import { wireAttributes } from "./attributes.ts";
import { answersWaiting, deafen, endChannel } from "./ssh2-internals.ts";
import { RequestQueue } from "./request-queue.ts";
import { type Answer, requestsOf } from "./requests.ts";
import { END_OF_FILE, OK, type Status, statusOf } from "./status.ts";

/** Answers beyond this must be taken by the client before the next request is begun. */
const ANSWERS_WAITING = 512 * 1024;
/** What a request costs beside its bytes. */
const REQUEST_OVERHEAD = 128;

export interface SessionOptions {
  sftp: SFTPWrapper;
  socket: Socket;
  home: Home;
  owner: string;
  now(): number;
  log: Log;
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
  end(requests: "finish" | "discard"): void;
  /** Resolves when every file is put away and the home was left. */
  readonly over: Promise<void>;
}

export function startSession(options: SessionOptions): SftpSession {
  const { sftp, socket, home, log } = options;
  const { requests, takeFiles } = requestsOf(options);
  let gone = false;
  let ending = false;
  let leave!: () => void;
  const over = new Promise<void>((resolve) => leave = resolve);

  const queue = new RequestQueue({
    hold: options.hold,
    release: options.release,
    roomForAnswers,
    overrun: () => options.broken("sends requests without reading the answers"),
  });

  for (const [name, request] of Object.entries(requests)) {
    sftp.on(name, (id: number, ...wire: unknown[]) => {
      options.active();
      queue.add(cost(wire), () => perform(name, id, request as Request, wire));
    });
  }
  sftp.on("error", () => {
    deafen(sftp);
    options.broken("sent a malformed SFTP packet");
  });
  // The client's EOF. OpenSSH's `sftp -b` waits for our end of the channel, for ever.
  sftp.on("end", () => end("finish"));
  sftp.on("close", () => {
    gone = true;
    end("finish");
  });

  async function perform(name: string, id: number, request: Request, wire: unknown[]) {
    try {
      const answer = await request(...wire);
      send(() => sendAnswer(sftp, id, answer));
    } catch (error) {
      if (!(error instanceof Refusal)) {
        log("sftp.fault", { request: name, ...describeFault(error) });
      }
      send(() => sendStatus(sftp, id, statusOf(error)));
    }
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
    const hasRoom = () =>
      gone || socket.destroyed || answersWaiting(sftp, socket) <= ANSWERS_WAITING;
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

  function end(rest: "finish" | "discard"): void {
    const done = rest === "discard" ? queue.discard() : queue.finish();
    if (ending) return;
    ending = true;
    void done.then(putAway).finally(leave);
  }

  async function putAway(): Promise<void> {
    for (const file of takeFiles()) {
      await file.abandon("connection lost").catch((error) =>
        log("sftp.fault", describeFault(error))
      );
    }
    send(() => endChannel(sftp));
    await home.leave().catch((error) => log("sftp.fault", describeFault(error)));
  }

  return { end, over };
}

type Request = (...wire: unknown[]) => Promise<Answer>;

function cost(wire: unknown[]): number {
  let bytes = REQUEST_OVERHEAD;
  for (const value of wire) {
    if (typeof value === "string" || Buffer.isBuffer(value)) bytes += value.length;
  }
  return bytes;
}

function sendStatus(sftp: SFTPWrapper, id: number, { code, message }: Status): void {
  sftp.status(id, code, message);
}

function sendAnswer(sftp: SFTPWrapper, id: number, answer: Answer): void {
  switch (answer.type) {
    case "ok":
      return sendStatus(sftp, id, OK);
    case "end of file":
      return sendStatus(sftp, id, END_OF_FILE);
    case "handle":
      return void sftp.handle(id, answer.handle);
    case "bytes": {
      const { buffer, byteOffset, length } = answer.bytes;
      return void sftp.data(id, Buffer.from(buffer, byteOffset, length));
    }
    case "entries":
      return void sftp.name(id, answer.entries);
    case "attributes":
      return void sftp.attrs(id, wireAttributes(answer.attributes));
  }
}
