/**
 * Sends the mails that are due (SPEC section 10). A mail server that cannot be reached holds all of them
 * up, so the first one that finds it away ends the round.
 *
 * SMTP has no way to take a mail once only: a worker that dies after the server took one, before it
 * wrote that down, sends it again. The Message-ID is the same then, so that it can be told.
 */
import type { Client } from "@libsql/client";
import type { Log } from "../../shared/log.ts";
import { instant } from "../context.ts";
import type { Lease } from "../database/control/lease.ts";
import {
  type LeasedMail,
  leaseMails,
  type MailState,
  releaseMails,
  settleMail,
} from "../database/control/mails.ts";
import { afterEachOther } from "./after-each-other.ts";
import { GIVE_UP_MS, nextTry } from "./backoff.ts";
import type { Ending } from "./ending.ts";
import type { Handed, MailServer } from "./outgoing.ts";
import { compose, type MailContent, type WrittenMail } from "./mail/compose.ts";
import type { Notice } from "./mail/notice.ts";

export interface MailSending {
  database: Client;
  ending: Ending;
  /** Opened for a round, and closed after it. */
  openServer: () => MailServer;
  /** The part of the Message-ID after the @. */
  domain: string;
  /** Where administrators look at what a mail tells of; `undefined`: mails have no link. */
  publicUrl: string | undefined;
  now(): number;
  random(): number;
  randomId(): string;
  log: Log;
}

/** So many mails are taken in hand at once. */
const IN_HAND = 10;
/** Longer than all that is in hand can take. */
const LEASE_MS = 10 * 60_000;

/** @returns what sends until nothing is due */
export function createMailSender(context: MailSending): { run(): Promise<void> } {
  return { run: afterEachOther(() => sendDue(context)) };
}

async function sendDue(context: MailSending): Promise<void> {
  const { database, ending, now, randomId, openServer } = context;
  let server: MailServer | undefined;
  try {
    while (!ending.isBegun()) {
      const lease: Lease = {
        id: randomId(),
        now: instant(now()),
        until: instant(now() + LEASE_MS),
      };
      const mails = await leaseMails(database, lease, IN_HAND);
      if (mails.length === 0) return;
      server ??= openServer();
      for (const mail of mails) {
        if (!ending.isBegun() && await send(context, server, mail, lease)) continue;
        await releaseMails(database, lease);
        return;
      }
    }
  } finally {
    server?.close();
  }
}

/** @returns false when the server is away, or this worker ends: for this mail and so for all */
async function send(
  context: MailSending,
  server: MailServer,
  mail: LeasedMail,
  lease: Lease,
): Promise<boolean> {
  const { database, ending, domain, publicUrl, now, random, log } = context;
  const { school, timezone, isDigest } = mail;
  const notices = mail.notices as Notice[];
  const written = write({ school, notices, timezone: timezone ?? "UTC", publicUrl, isDigest });
  const handed = written === undefined ? unwritable : await ending.waitFor(server.send({
    to: { name: mail.contactName, address: mail.email },
    ...written,
    messageId: `<${mail.id}@${domain}>`,
  }));
  if (!handed) return false;
  const giveUpAt = Date.parse(mail.createdAt) + GIVE_UP_MS + (isDigest ? 24 * 3_600_000 : 0);
  const again = handed.kind === "later" || handed.kind === "away"
    ? nextTry({ now: now(), failures: mail.tries, giveUpAt, random: random() })
    : undefined;
  const state = stateOf(handed, again);
  await settleMail(database, {
    id: mail.id,
    lease,
    state,
    dueAt: again === undefined ? null : instant(again),
    at: instant(now()),
    address: mail.email,
    subject: written?.subject ?? "",
    answer: handed.answer,
  });
  if (state !== "sent") {
    // Neither the address nor the server's words, which may quote it.
    log("mail.not_sent", { mail: mail.id, school: school.slug, state, because: handed.kind });
  }
  return handed.kind !== "away";
}

const unwritable: Handed = { kind: "refused", answer: "what it was to tell cannot be written" };

/** One mail that cannot be written, as its notices are of another version, keeps no other. */
function write(content: MailContent): WrittenMail | undefined {
  try {
    return compose(content);
  } catch {
    return undefined;
  }
}

function stateOf(handed: Handed, again: number | undefined): MailState {
  if (handed.kind === "taken") return "sent";
  if (handed.kind === "refused") return "refused";
  return again === undefined ? "failed" : "waiting";
}
