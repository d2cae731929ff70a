/**
 * Tells those who want to know (SPEC section 10). `kick` is called whenever something may have happened
 * and by the tick; it returns at once, so nobody's answer waits for a receiver or a mail server.
 */
import { describeFault } from "../../shared/fault.ts";
import type { Client } from "@libsql/client";
import type { Log } from "../../shared/log.ts";
import { CLOCKS_MS, instant, isRecent } from "../context.ts";
import { trimMails } from "../database/control/mails.ts";
import { endLongWaits, type Moments } from "../database/control/put-off.ts";
import { claimRound } from "../database/control/watches.ts";
import { trimDeliveries } from "../database/control/webhook-deliveries.ts";
import { trimOccurrences } from "../database/school/occurrences.ts";
import { afterEachOther } from "./after-each-other.ts";
import { GIVE_UP_MS, LONGEST_WAIT_MS } from "./backoff.ts";
import { createEnding } from "./ending.ts";
import { createHandingOver } from "./handing-over.ts";
import { createMailSender } from "./mail-sender.ts";
import type { MailServer, Post } from "./outgoing.ts";
import { sealAudit } from "./sealing.ts";
import { watch } from "./watch.ts";
import { createWebhookSender } from "./webhook-sender.ts";

export interface Telling {
  database: Client;
  post: Post;
  /** `undefined`: no mail goes out. */
  mail: { openServer: () => MailServer; domain: string } | undefined;
  publicUrl: string | undefined;
  now(): number;
  random(): number;
  randomId(): string;
  log: Log;
}

export interface Teller {
  /** Returns at once. What fails is logged and tried again at the next one. */
  kick(): void;
  /** Tells all that is due now; resolves when that is done. */
  run(): Promise<void>;
  /**
   * Begins to send nothing more; resolves when what is in flight came to its end, or was given back.
   *
   * @param late when what is in flight is waited for no longer
   */
  stop(late: Promise<void>): Promise<void>;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long what is finished is kept, in milliseconds, and how many rows of each go in a minute. */
const KEPT = { occurrences: 90 * DAY, deliveries: 30 * DAY, mails: 90 * DAY };
const TRIMMED = 500;
/** What waits for a next try is looked for so often, in milliseconds; what is new is sent at once. */
const WAITING_EVERY_MS = 2_000;

/** The audit is sealed so often, in milliseconds. */
const SEAL_EVERY_MS = 2_000;

/** What is put off at a moment is put off no farther than this. */
function momentsAt(now: number): Moments {
  return {
    now: instant(now),
    farthest: instant(now + LONGEST_WAIT_MS + CLOCKS_MS),
    // A digest of the next day, on which the clocks are set back.
    farthestMail: instant(now + 25 * HOUR + CLOCKS_MS),
    giveUpAt: instant(now + GIVE_UP_MS),
  };
}

export function createTeller(context: Telling): Teller {
  const { database, mail, now, log } = context;
  const { ending, begin } = createEnding();
  const webhooks = createWebhookSender({ ...context, ending });
  const mails = mail && createMailSender({ ...context, ...mail, ending });
  const handOver = createHandingOver({ database, now, log, hasMail: mails !== undefined });

  /** When something was done last here: that is not asked of the database each time. */
  const lastDone = new Map<string, number>();
  function isTimeFor(what: string, every: number): boolean {
    if (isRecent(lastDone.get(what), now(), every)) return false;
    lastDone.set(what, now());
    return true;
  }

  async function isDue(round: string, every: number): Promise<boolean> {
    return isTimeFor(round, every) && await claimRound(database, round, {
      now: instant(now()),
      next: instant(now() + every),
      farthest: instant(now() + every + CLOCKS_MS),
    });
  }

  /** @returns whether something was handed over, or may be due for another try */
  async function look(): Promise<boolean> {
    if (await isDue("long waits", MINUTE)) await endLongWaits(database, momentsAt(now()));
    await watch({ database, now, log, isDue });
    const isNew = await handOver();
    if (await isDue("trim", MINUTE)) await trim();
    return isTimeFor("sending what waits", WAITING_EVERY_MS) || isNew;
  }

  async function trim(): Promise<void> {
    const before = (kept: number) => instant(now() - kept);
    await trimOccurrences(database, before(KEPT.occurrences), TRIMMED);
    await trimDeliveries(database, before(KEPT.deliveries), TRIMMED);
    await trimMails(database, before(KEPT.mails), TRIMMED);
  }

  /** Two workers that seal at once make one seal, so nobody's turn is written down. */
  async function seal(): Promise<void> {
    if (isTimeFor("sealing", SEAL_EVERY_MS)) await sealAudit({ database, now, log });
  }

  async function run(): Promise<void> {
    await seal();
    await look();
    await Promise.all([webhooks.run(), mails?.run()]);
  }

  /** What is sent takes as long as the receivers take; looking for more does not wait for it. */
  const looking = afterEachOther(look);
  const sealing = afterEachOther(seal);
  const report = (error: unknown) => log("telling.failed", describeFault(error));

  return {
    kick() {
      // Neither waits for the other, nor ends with it.
      sealing().catch(report);
      looking().then((isSomethingDue) => {
        if (!isSomethingDue) return;
        webhooks.run().catch(report);
        mails?.run().catch(report);
      }, report);
    },
    run,
    async stop(late) {
      begin(late);
      await Promise.allSettled([webhooks.run(), mails?.run()]);
    },
  };
}
