/**
 * The requests of one session, done one after the other as OpenSSH's server does them. So writes
 * land in the order they were sent, a CLOSE sees every write before it, a STAT sees what was
 * written, and a RENAME that was sent right behind a CLOSE finds the file closed.
 *
 * Memory is bounded from both sides:
 *
 * - Too much is waiting to be done (the disk is slow): the connection's socket is paused until most
 *   of it is done. ssh2's SFTP object has no back-pressure of its own. It hands every packet over as
 *   it comes and opens the channel's window again at once; holding the window back would not bind a
 *   client that ignores it, TCP binds everyone.
 * - Too many answers are waiting to be taken (the client does not read): no further request is begun
 *   until it reads. The socket stays open for reading then, since the client's window adjustment has
 *   to come in; a client that goes on sending regardless is dropped.
 */

/** Bytes of requests not yet done at which the client is held back, and let go again. */
const HOLD_BYTES = 1024 * 1024;
const RELEASE_BYTES = 256 * 1024;
const HOLD_REQUESTS = 1024;
const RELEASE_REQUESTS = 256;
/** So many times the above from a client that reads no answers is too much. */
const PATIENCE = 8;

/** Bytes of requests that wait in all sessions of a school. */
export interface Backlog {
  bytes: number;
  /**
   * Beyond this, no session of a client that reads no answers may keep more than the least; beyond
   * twice as much, nothing.
   */
  readonly most: number;
}

export interface Traffic {
  /** Stops and starts reading what the client sends. */
  hold(): void;
  release(): void;
  /** Resolves when the school may move bytes again; `undefined` when it may now. */
  due?(): Promise<void> | undefined;
  /** Resolves when there is room for answers; `undefined` when there is room now. */
  roomForAnswers(): Promise<void> | undefined;
  /** The client sends and sends and takes no answers. */
  overrun(): void;
}

interface Request {
  bytes: number;
  /** Never rejects. */
  run(): Promise<void>;
}

export class RequestQueue {
  readonly #traffic: Traffic;
  readonly #backlog: Backlog;
  readonly #requests: Request[] = [];
  #bytes = 0;
  #closed = false;
  #busy = false;
  #holding = false;
  #waitingForRoom = false;
  /** Ends the wait until the school may go on. */
  #wake = () => {};
  readonly #idle: (() => void)[] = [];

  constructor(traffic: Traffic, backlog: Backlog = { bytes: 0, most: Infinity }) {
    this.#traffic = traffic;
    this.#backlog = backlog;
  }

  /** Adds a request that keeps `bytes` in memory until it is done. */
  add(bytes: number, run: () => Promise<void>): void {
    if (this.#closed) return;
    this.#requests.push({ bytes, run });
    this.#count(bytes);
    this.#regulate();
    if (!this.#busy) void this.#work();
  }

  /** Takes no more requests; resolves when those that came before are done. */
  finish(): Promise<void> {
    this.#closed = true;
    return this.#busy ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve();
  }

  /** Takes no more requests and drops those not yet begun. */
  discard(): Promise<void> {
    for (const request of this.#requests.splice(0)) this.#count(-request.bytes);
    this.#wake();
    return this.finish();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let request; (request = this.#requests[0]);) {
      const due = this.#traffic.due?.();
      if (due) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
          void due.then(resolve);
        });
        continue;
      }
      const room = this.#traffic.roomForAnswers();
      if (room) {
        await this.#wait(room);
        continue; // It may have been discarded meanwhile.
      }
      this.#requests.shift();
      await request.run();
      this.#count(-request.bytes);
      this.#regulate();
    }
    this.#busy = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #wait(room: Promise<void>): Promise<void> {
    this.#waitingForRoom = true;
    this.#regulate();
    await room;
    this.#waitingForRoom = false;
    this.#regulate();
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#backlog.bytes += bytes;
  }

  #regulate(): void {
    const requests = this.#requests.length;
    if (this.#waitingForRoom) {
      this.#hold(false);
      if (
        this.#bytes > PATIENCE * HOLD_BYTES || requests > PATIENCE * HOLD_REQUESTS ||
        (this.#bytes > RELEASE_BYTES && this.#backlog.bytes > this.#backlog.most) ||
        (this.#bytes > 0 && this.#backlog.bytes > 2 * this.#backlog.most)
      ) {
        this.#traffic.overrun();
      }
    } else if (this.#bytes > HOLD_BYTES || requests > HOLD_REQUESTS) {
      this.#hold(true);
    } else if (this.#bytes <= RELEASE_BYTES && requests <= RELEASE_REQUESTS) {
      this.#hold(false);
    }
  }

  #hold(hold: boolean): void {
    if (hold === this.#holding) return;
    this.#holding = hold;
    if (hold) this.#traffic.hold();
    else this.#traffic.release();
  }
}
