/**
 * Hands each occurrence over to those who want to be told: a delivery for each webhook, a notice for
 * each contact. Handing over twice changes nothing, so that a worker that dies in the middle, or two
 * workers at once, leave nobody untold and tell nobody twice.
 */
import type { Client, InStatement } from "@libsql/client";
import { describeFault } from "../../shared/fault.ts";
import type { Log } from "../../shared/log.ts";
import { instant, isRecent } from "../context.ts";
import type { Contact } from "../database/control/contacts.ts";
import {
  type Listeners,
  listenersOf,
  type ListeningWebhook,
} from "../database/control/listeners.ts";
import { addNotices, missingNotices, type NewNotice } from "../database/control/mails.ts";
import { addDeliveries, type NewDelivery } from "../database/control/webhook-deliveries.ts";
import { isUnavailable } from "../database/errors.ts";
import { markTold, type Occurrence, untold } from "../database/school/occurrences.ts";
import { nextRun } from "../export/schedule.ts";
import { GIVE_UP_MS } from "./backoff.ts";
import { type Details, detailsOf } from "./details.ts";
import type { Notice } from "./mail/notice.ts";
import { wantsFor } from "./wants.ts";

export interface HandingOver {
  database: Client;
  now(): number;
  log: Log;
  /** Is there a mail server? Without one nobody is told by mail. */
  hasMail: boolean;
}

/** So many occurrences are handed over at once. */
const AT_ONCE = 100;
/** One that could not be handed over is tried again after so long, in milliseconds. */
const AGAIN_MS = 60_000;

/**
 * @returns what hands over all that nobody was told of yet, and says whether there was any. What cannot
 *   be handed over waits, is tried again, and keeps nothing else from being told.
 */
export function createHandingOver(context: HandingOver): () => Promise<boolean> {
  const { database, now } = context;
  /** By the number of the occurrence; those that are told or gone meanwhile are forgotten. */
  let failedAt = new Map<number, number>();

  return async () => {
    const failing = new Map<number, number>();
    let isAny = false;
    let last = 0;
    while (true) {
      const waiting = await untold(database, last, AT_ONCE);
      const due: Occurrence[] = [];
      for (const occurrence of waiting) {
        const at = failedAt.get(occurrence.number);
        if (isRecent(at, now(), AGAIN_MS)) failing.set(occurrence.number, at!);
        else due.push(occurrence);
      }
      if (due.length > 0) {
        const failed = await handOver(context, due);
        for (const number of failed) failing.set(number, now());
        isAny ||= failed.length < due.length;
      }
      if (waiting.length < AT_ONCE) {
        failedAt = failing;
        return isAny;
      }
      last = waiting.at(-1)!.number;
    }
  };
}

/** @returns the numbers of those that failed */
async function handOver(
  context: HandingOver,
  occurrences: readonly Occurrence[],
): Promise<number[]> {
  const { database, now } = context;
  const schoolIds = [...new Set(occurrences.map(({ schoolId }) => schoolId))];
  const listeners = await listenersOf(database, schoolIds);
  const messages: Messages[] = [];
  const failed: number[] = [];
  for (const occurrence of occurrences) {
    const told = await messagesOf(context, listeners, occurrence);
    if (told) messages.push(told);
    else failed.push(occurrence.number);
  }
  const missing = await write(
    database,
    messages.flatMap(({ deliveries }) => deliveries),
    messages.flatMap(({ notices }) => notices),
    now(),
  );
  const told = occurrences.filter((occurrence) =>
    !missing.has(nameOf(occurrence)) && !failed.includes(occurrence.number)
  );
  await markTold(database, told.map(({ number }) => number), instant(now()));
  return failed;
}

function isIn(words: readonly string[], word: string): boolean {
  return words.includes(word);
}

/** Unique among all schools, wherever each one's occurrences are kept. */
function nameOf({ schoolId, number }: Occurrence): string {
  return `${schoolId}-${number}`;
}

function concerned(
  { webhooks, contacts }: Listeners,
  { schoolId, kind }: Occurrence,
): { webhooks: ListeningWebhook[]; contacts: Contact[] } {
  return {
    webhooks: webhooks.filter((webhook) =>
      (webhook.schoolId === null || webhook.schoolId === schoolId) &&
      (webhook.kinds === null || webhook.kinds.includes(kind))
    ),
    contacts: contacts.filter((contact) => contact.schoolId === schoolId),
  };
}

/** What goes out of an occurrence. */
interface Messages {
  deliveries: NewDelivery[];
  notices: NewNotice[];
}

const nothing: Messages = { deliveries: [], notices: [] };

/** @returns `undefined`: it failed, and is logged */
async function messagesOf(
  context: HandingOver,
  listeners: Listeners,
  occurrence: Occurrence,
): Promise<Messages | undefined> {
  try {
    return await writeMessages(context, listeners, occurrence);
  } catch (error) {
    if (isUnavailable(error)) throw error;
    const { number, schoolId, kind } = occurrence;
    context.log("telling.failed", { number, schoolId, kind, ...describeFault(error) });
    return undefined;
  }
}

async function writeMessages(
  { database, now, hasMail }: HandingOver,
  listeners: Listeners,
  occurrence: Occurrence,
): Promise<Messages> {
  const school = listeners.schools.get(occurrence.schoolId);
  const { webhooks, contacts } = concerned(listeners, occurrence);
  if (!school || webhooks.length + contacts.length === 0) return nothing;
  const details = await detailsOf(database, occurrence);
  if (!details) return nothing;
  const body = JSON.stringify({
    type: occurrence.kind,
    timestamp: occurrence.at,
    data: { school: school.slug, ...details },
  });
  const wanted = hasMail ? wantsFor(occurrence.kind, details) : [];
  const listening = contacts.filter(({ wants }) => wants.some((want) => isIn(wanted, want)));
  return {
    deliveries: webhooks.map((webhook) => deliveryOf(webhook, occurrence, body)),
    notices: listening.map((contact) => noticeOf(contact, occurrence, details, now())),
  };
}

function deliveryOf(webhook: ListeningWebhook, occurrence: Occurrence, body: string): NewDelivery {
  const { number, schoolId, kind } = occurrence;
  return {
    // In the order in which things happened, as text too.
    id: `${webhook.id}.${String(number).padStart(12, "0")}.${schoolId}`,
    webhookId: webhook.id,
    schoolId,
    messageId: `msg_${nameOf(occurrence)}`,
    kind,
    body,
  };
}

function noticeOf(
  contact: Contact,
  occurrence: Occurrence,
  details: Details,
  now: number,
): NewNotice {
  const { kind, at, schoolId } = occurrence;
  const notice: Notice = { kind, at, details };
  const common = { contactId: contact.id, occurrence: nameOf(occurrence), schoolId, notice };
  const digest = contact.digestAt === null ? undefined : nextDigest(contact, now);
  return digest === undefined
    ? {
      ...common,
      mailId: `${contact.id}.${nameOf(occurrence)}`,
      isDigest: false,
      dueAt: instant(now),
    }
    : {
      ...common,
      mailId: `${contact.id}.${instant(digest)}`,
      isDigest: true,
      dueAt: instant(digest),
    };
}

function nextDigest({ digestAt, timezone }: Contact, now: number): number | undefined {
  const [hour, minute] = digestAt!.split(":").map(Number);
  return nextRun(`${minute} ${hour} * * *`, timezone ?? "UTC", now);
}

/** @returns the names of occurrences of which somebody is still to be told */
async function write(
  database: Client,
  deliveries: NewDelivery[],
  notices: NewNotice[],
  now: number,
): Promise<Set<string>> {
  const statements: InStatement[] = [];
  if (deliveries.length > 0) {
    const giveUpAt = instant(now + GIVE_UP_MS);
    statements.push(addDeliveries(deliveries, { now: instant(now), giveUpAt }));
  }
  if (notices.length > 0) {
    statements.push(...addNotices(notices, instant(now)), missingNotices(notices));
  }
  if (statements.length === 0) return new Set();
  const results = await database.batch(statements, "write");
  if (notices.length === 0) return new Set();
  return new Set(results.at(-1)!.rows.map((row) => row["occurrence"] as string));
}
