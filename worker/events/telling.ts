/**
 * Tells those who want to know (SPEC section 10). `kick` is called whenever something may have happened
 * and by the tick; it returns at once, so nobody's answer waits for a receiver or a mail server.
 */
import { describeFault } from "../../shared/fault.ts";
import type { Client } from "@libsql/client";
import type { Log } from "../../shared/log.ts";
import { instant } from "../context.ts";
import { trimMails } from "../database/control/mails.ts";
import { claimRound } from "../database/control/watches.ts";
import { trimDeliveries } from "../database/control/webhook-deliveries.ts";
import { trimOccurrences } from "../database/school/occurrences.ts";
import { afterEachOther } from "./after-each-other.ts";
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
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** How long what is finished is kept, in milliseconds, and how many rows go at a time. */
const KEPT = { occurrences: 90 * DAY, deliveries: 30 * DAY, mails: 90 * DAY };
const TRIMMED = 500;
/** What waits for a next try is looked for so often, in milliseconds; what is new is sent at once. */
const WAITING_EVERY_MS = 2_000;

/** The audit is sealed so often, in milliseconds. */
const SEAL_EVERY_MS = 2_000;

export function createTeller(context: Telling): Teller {
  const { database, mail, now, log } = context;
  const webhooks = createWebhookSender(context);
  const mails = mail && createMailSender({ ...context, ...mail });
  const handOver = createHandingOver({ database, now, log, hasMail: mails !== undefined });

  /** Rounds that are known not to be due yet, so that the database is not asked each time. */
  const notBefore = new Map<string, number>();
  async function isDue(round: string, every: number): Promise<boolean> {
    if (now() < (notBefore.get(round) ?? 0)) return false;
    notBefore.set(round, now() + every);
    return await claimRound(database, round, instant(now()), instant(now() + every));
  }

  /** @returns whether something was handed over, or may be due for another try */
  async function look(): Promise<boolean> {
    await watch({ database, now, log, isDue });
    const isNew = await handOver();
    if (await isDue("trim", HOUR)) await trim();
    if (!isNew && now() < lookedForWaiting + WAITING_EVERY_MS) return false;
    lookedForWaiting = now();
    return true;
  }
  let lookedForWaiting = 0;

  async function trim(): Promise<void> {
    const before = (kept: number) => instant(now() - kept);
    await trimOccurrences(database, before(KEPT.occurrences), TRIMMED);
    await trimDeliveries(database, before(KEPT.deliveries), TRIMMED);
    await trimMails(database, before(KEPT.mails), TRIMMED);
  }

  /** Two workers that seal at once make one seal, so nobody's turn is written down. */
  async function seal(): Promise<void> {
    if (now() < sealAgainAt) return;
    sealAgainAt = now() + SEAL_EVERY_MS;
    await sealAudit({ database, now, log });
  }
  let sealAgainAt = 0;

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
  };
}
