/**
 * Sends what waits for webhooks (SPEC section 10). Each receiver gets its messages one after the other,
 * in the order in which things happened; receivers are served side by side, so that one which hangs
 * holds up nobody else's. One that keeps failing is left alone for longer each time.
 */
import type { Client } from "@libsql/client";
import type { Log } from "../../shared/log.ts";
import { instant } from "../context.ts";
import type { Lease } from "../database/control/lease.ts";
import {
  type Attempt,
  type LeasedDelivery,
  leaseDeliveries,
  type Receiver,
  receivers,
  recordAttempt,
  releaseDeliveries,
  settleDelivery,
} from "../database/control/webhook-deliveries.ts";
import { type Post, PostFailure } from "./outgoing.ts";
import { nextTry, waitAfter } from "./backoff.ts";
import type { Ending } from "./ending.ts";
import { signedHeaders } from "./signature.ts";

export interface WebhookSending {
  database: Client;
  ending: Ending;
  post: Post;
  now(): number;
  /** From 0 to 1. */
  random(): number;
  randomId(): string;
  log: Log;
}

/** So many receivers are served at once by one worker. */
const RECEIVERS = 32;
/** So many deliveries of one receiver are taken in hand at once. */
const IN_HAND = 8;
/** Longer than all that is in hand can take, as each may take 15 s. */
const LEASE_MS = 180_000;
/** A receiver that failed so often in a row is left alone: its next messages would fail as well. */
const PATIENT_FAILURES = 3;
/** A receiver may ask for so long a wait, in milliseconds. */
const LONGEST_ASKED_MS = 6 * 3_600_000;
const CUT_OFF = "the worker ended before it answered; the next one sends it again";

/** @returns what sends until nothing is due; calls while it does so wait for the same end */
export function createWebhookSender(context: WebhookSending): { run(): Promise<void> } {
  const busy = new Set<string>();
  /** Those that could not be served wait for the next call. */
  const failed = new Set<string>();
  let wake = () => {};

  async function serveOne(receiver: Receiver): Promise<void> {
    try {
      await serve(context, receiver);
    } catch (error) {
      failed.add(receiver.id);
      context.log("webhook.failed", { reason: (error as Error).name });
    }
    busy.delete(receiver.id);
    // A look that is under way has left it out.
    wake();
  }

  async function serveAll(): Promise<void> {
    while (true) {
      // From before the look, which may miss what comes while it is under way.
      let isWoken = false;
      const woken = new Promise<void>((resolve) => {
        wake = () => {
          isWoken = true;
          resolve();
        };
      });
      const room = context.ending.isBegun() ? 0 : RECEIVERS - busy.size;
      const others = [...busy, ...failed];
      const found = room > 0
        ? await receivers(context.database, instant(context.now()), others, room)
        : [];
      for (const receiver of found) {
        busy.add(receiver.id);
        serveOne(receiver);
      }
      if (busy.size === 0 && !isWoken) return;
      // A receiver that hangs is not waited for when there may be something for another.
      await woken;
    }
  }

  let running: Promise<void> | undefined;
  return {
    run() {
      failed.clear();
      wake();
      running ??= serveAll().finally(() => running = undefined);
      return running;
    },
  };
}

/** Sends what one receiver is due, until one fails or none is left of what was taken in hand. */
async function serve(context: WebhookSending, receiver: Receiver): Promise<void> {
  const { database, ending, now, randomId } = context;
  const lease: Lease = {
    id: randomId(),
    now: instant(now()),
    until: instant(now() + LEASE_MS),
  };
  const deliveries = await leaseDeliveries(database, receiver.id, lease, IN_HAND);
  deliveries.sort((a, b) => a.id < b.id ? -1 : 1);
  let { failures } = receiver;
  for (const delivery of deliveries) {
    if (ending.isBegun() || !await send(context, { ...receiver, failures }, delivery, lease)) {
      return await releaseDeliveries(database, lease);
    }
    failures = 0;
  }
}

/** @returns whether the receiver took it */
async function send(
  context: WebhookSending,
  receiver: Receiver,
  delivery: LeasedDelivery,
  lease: Lease,
): Promise<boolean> {
  const { database, now, random, log } = context;
  const { attempt, asked, isCutOff } = await attemptOnce(context, receiver, delivery);
  if (isCutOff) {
    await recordAttempt(database, { deliveryId: delivery.id, lease, attempt });
    return false;
  }
  const isTaken = attempt.status !== null && attempt.status >= 200 && attempt.status < 300;
  const isGone = attempt.status === 410;
  const failures = isTaken ? 0 : receiver.failures + 1;
  const again = isTaken || isGone ? undefined : nextTry({
    now: now(),
    failures: delivery.tries,
    giveUpAt: Date.parse(delivery.giveUpAt),
    random: random(),
    asked,
  });
  const holdOff = failures >= PATIENT_FAILURES
    ? Math.max(waitAfter(failures - PATIENT_FAILURES + 1, random()), asked)
    : asked;
  const outcome = isTaken ? "delivered" : again === undefined ? "failed" : "again";
  await settleDelivery(database, {
    webhookId: receiver.id,
    deliveryId: delivery.id,
    lease,
    attempt,
    outcome,
    dueAt: again === undefined ? null : instant(again),
    webhook: {
      failures,
      readyAt: isTaken || holdOff === 0 ? null : instant(now() + holdOff),
      isGone,
    },
  });
  if (!isTaken) {
    const { status, problem } = attempt;
    log("webhook.not_taken", { webhook: receiver.id, delivery: delivery.id, status, problem });
  }
  return isTaken;
}

/** What came of an attempt, for how long the receiver asks to be left alone, and whether this worker ended. */
interface Tried {
  attempt: Attempt;
  asked: number;
  isCutOff?: true;
}

async function attemptOnce(
  { post, now, ending }: WebhookSending,
  receiver: Receiver,
  { messageId, body }: LeasedDelivery,
): Promise<Tried> {
  const started = now();
  const { secret, previousSecret } = receiver;
  const secrets = previousSecret === null ? [secret] : [secret, previousSecret];
  const done = (status: number | null, problem: string | null): Attempt => ({
    at: instant(started),
    status,
    problem,
    milliseconds: now() - started,
  });
  try {
    const signed = await signedHeaders({ id: messageId, at: started, body }, secrets);
    const headers = {
      "content-type": "application/json",
      "user-agent": "Rosterbridge-Webhooks",
      ...signed,
    };
    const answer = await ending.waitFor(post(receiver.url, headers, body));
    if (!answer) return { attempt: done(null, CUT_OFF), asked: 0, isCutOff: true };
    const { status, retryAfter } = answer;
    return { attempt: done(status, problemOf(status)), asked: askedWait(retryAfter, now()) };
  } catch (error) {
    const problem = error instanceof PostFailure ? error.message : (error as Error).name;
    return { attempt: done(null, problem), asked: 0 };
  }
}

function problemOf(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return "it redirects, and redirects are not followed";
  if (status === 410) return "it says that it is gone for good; the webhook was switched off";
  return "it did not take it";
}

/** `retry-after`, in seconds or as a date (RFC 9110 section 10.2.3), in milliseconds from now. */
function askedWait(retryAfter: string | undefined, now: number): number {
  if (retryAfter === undefined) return 0;
  const wait = /^\d{1,9}$/.test(retryAfter)
    ? Number(retryAfter) * 1000
    : Date.parse(retryAfter) - now;
  return Number.isNaN(wait) ? 0 : Math.min(Math.max(wait, 0), LONGEST_ASKED_MS);
}
