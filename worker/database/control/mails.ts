/**
 * The mails to contacts and what they tell. A mail that is due is leased to the worker that sends it;
 * when that one dies, the lease runs out and another sends it, with the same Message-ID. Mails that
 * are finished are kept for 90 days.
 */
import type { Client, InStatement } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";
import type { Page } from "../page.ts";
import type { Lease } from "./lease.ts";

/** An occurrence that a contact is told of, in the mail of that id. */
export interface NewNotice {
  contactId: string;
  /** The occurrence's own name, the same whoever is told of it. */
  occurrence: string;
  schoolId: SchoolId;
  mailId: string;
  isDigest: boolean;
  dueAt: string;
  notice: unknown;
}

/**
 * For a batch: the notices, and the mails that they go into. A notice that is there stays as it is. A
 * digest that a worker has in hand takes none any more: it is missing from `missingNotices` then.
 */
export function addNotices(notices: readonly NewNotice[], now: string): InStatement[] {
  const given = JSON.stringify(notices);
  return [
    {
      sql: `INSERT INTO mails (id, contact_id, school_id, is_digest, state, created_at, due_at)
            SELECT DISTINCT value ->> 'mailId', c.id, c.school_id, value ->> 'isDigest', 'waiting',
              ?, value ->> 'dueAt'
            FROM json_each(?) CROSS JOIN contacts AS c ON c.id = value ->> 'contactId'
            WHERE NOT EXISTS (SELECT 1 FROM notices AS n
              WHERE n.contact_id = value ->> 'contactId' AND n.occurrence = value ->> 'occurrence')
            ON CONFLICT (id) DO NOTHING`,
      args: [now, given],
    },
    {
      sql: `INSERT INTO notices (contact_id, occurrence, mail_id, school_id, notice)
            SELECT value ->> 'contactId', value ->> 'occurrence', m.id, m.school_id,
              value -> 'notice'
            FROM json_each(?) CROSS JOIN mails AS m ON m.id = value ->> 'mailId'
            WHERE m.frozen_at IS NULL ON CONFLICT (contact_id, occurrence) DO NOTHING`,
      args: [given],
    },
  ];
}

/** For the same batch, after them: the occurrences of which a contact that is there has no notice. */
export function missingNotices(notices: readonly NewNotice[]): InStatement {
  return {
    sql: `SELECT DISTINCT value ->> 'occurrence' AS occurrence
          FROM json_each(?) CROSS JOIN contacts AS c ON c.id = value ->> 'contactId'
          WHERE NOT EXISTS (SELECT 1 FROM notices AS n
            WHERE n.contact_id = c.id AND n.occurrence = value ->> 'occurrence')`,
    args: [
      JSON.stringify(notices.map(({ contactId, occurrence }) => ({ contactId, occurrence }))),
    ],
  };
}

/** A mail in hand, with whom it is to and what it tells. */
export interface LeasedMail {
  id: string;
  isDigest: boolean;
  createdAt: string;
  /** How often it was taken in hand, this time included. */
  tries: number;
  email: string;
  contactName: string;
  timezone: string | null;
  school: { slug: string; name: string };
  /** As they were given, in the order in which they happened. */
  notices: unknown[];
}

export const leaseMailsQuery = `UPDATE mails SET lease = ?1, leased_until = ?2, tries = tries + 1,
    frozen_at = coalesce(frozen_at, ?3)
  WHERE id IN (SELECT id FROM mails WHERE due_at <= ?3
    AND (leased_until IS NULL OR leased_until <= ?3) ORDER BY due_at, id LIMIT ?4)`;

/** So many notices stand in one mail; a digest of more says how many it leaves out. */
export const NOTICES = 200;

/** Takes mails in hand that nobody else has; those that are due longest first. */
export async function leaseMails(
  database: Client,
  lease: Lease,
  limit: number,
): Promise<LeasedMail[]> {
  await database.execute({
    sql: leaseMailsQuery,
    args: [lease.id, lease.until, lease.now, limit],
  });
  const [mails, notices] = await database.batch([
    {
      sql: `SELECT m.id, m.is_digest, m.created_at, m.tries, c.email, c.name AS contact_name,
              c.timezone, s.slug, s.name
            FROM mails AS m CROSS JOIN contacts AS c ON c.id = m.contact_id
              CROSS JOIN schools AS s ON s.id = m.school_id
            WHERE m.lease = ? ORDER BY m.due_at, m.id`,
      args: [lease.id],
    },
    {
      sql: `SELECT mail_id, notice FROM (
              SELECT n.mail_id, n.notice, n.occurrence, n.rowid AS number,
                row_number() OVER (PARTITION BY n.mail_id ORDER BY n.rowid) AS place
              FROM mails AS m CROSS JOIN notices AS n ON n.mail_id = m.id WHERE m.lease = ?)
            WHERE place <= ${NOTICES} + 1 ORDER BY number`,
      args: [lease.id],
    },
  ], "read");
  return mails!.rows.map((row) => ({
    id: row["id"] as string,
    isDigest: Number(row["is_digest"]) === 1,
    createdAt: row["created_at"] as string,
    tries: Number(row["tries"]),
    email: row["email"] as string,
    contactName: row["contact_name"] as string,
    timezone: row["timezone"] as string | null,
    school: { slug: row["slug"] as string, name: row["name"] as string },
    notices: notices!.rows
      .filter((notice) => notice["mail_id"] === row["id"])
      .map((notice) => JSON.parse(notice["notice"] as string)),
  }));
}

/** Gives back what was taken in hand and not tried to its end. */
export async function releaseMails(database: Client, lease: Lease): Promise<void> {
  await database.execute({
    sql: `UPDATE mails SET lease = NULL, leased_until = NULL, tries = tries - 1 WHERE lease = ?`,
    args: [lease.id],
  });
}

/**
 * `sent`: the mail server took it; `refused`: it will never take it; `failed`: it could not be
 * reached, or asked to come again, for three days.
 */
export type MailState = "waiting" | "sent" | "refused" | "failed";

export interface SettledMail {
  id: string;
  lease: Lease;
  state: MailState;
  /** When it is tried again; `null` when it is finished. */
  dueAt: string | null;
  at: string;
  address: string;
  subject: string;
  /** What the mail server said, or why it said nothing. */
  answer: string;
}

/** Writes down what came of a try. Nothing when the lease ran out and another has it now. */
export async function settleMail(database: Client, mail: SettledMail): Promise<void> {
  await database.execute({
    sql: `UPDATE mails SET state = ?, due_at = ?, finished_at = ?, address = ?, subject = ?,
            answer = ?, lease = NULL, leased_until = NULL
          WHERE id = ? AND lease = ?`,
    args: [
      mail.state,
      mail.dueAt,
      mail.dueAt === null ? mail.at : null,
      mail.address,
      mail.subject,
      mail.answer,
      mail.id,
      mail.lease.id,
    ],
  });
}

export interface StoredMail {
  id: string;
  contact: string;
  isDigest: boolean;
  state: MailState;
  address: string | null;
  subject: string | null;
  answer: string | null;
  tries: number;
  createdAt: string;
  dueAt: string | null;
  finishedAt: string | null;
}

/** Newest first; one row more than the page has. */
export async function listMails(
  database: Client,
  schoolId: SchoolId,
  { limit, after }: Page<[string, string]>,
): Promise<StoredMail[]> {
  const [createdAt, id] = after ?? ["~", ""];
  const { rows } = await database.execute({
    sql: `SELECT id, contact_id, is_digest, state, address, subject, answer, tries, created_at,
            due_at, finished_at
          FROM mails WHERE school_id = ? AND (created_at, id) < (?, ?)
          ORDER BY created_at DESC, id DESC LIMIT ?`,
    args: [schoolId, createdAt, id, limit + 1],
  });
  return rows.map((row) => ({
    id: row["id"] as string,
    contact: row["contact_id"] as string,
    isDigest: Number(row["is_digest"]) === 1,
    state: row["state"] as MailState,
    address: row["address"] as string | null,
    subject: row["subject"] as string | null,
    answer: row["answer"] as string | null,
    tries: Number(row["tries"]),
    createdAt: row["created_at"] as string,
    dueAt: row["due_at"] as string | null,
    finishedAt: row["finished_at"] as string | null,
  }));
}

/** Forgets mails that were finished before an instant, with their notices; so many at a time. */
export async function trimMails(database: Client, before: string, limit: number): Promise<void> {
  const old = "SELECT id FROM mails WHERE finished_at < ? ORDER BY finished_at, id LIMIT ?";
  await database.batch([
    { sql: `DELETE FROM notices WHERE mail_id IN (${old})`, args: [before, limit] },
    { sql: `DELETE FROM mails WHERE id IN (${old})`, args: [before, limit] },
  ], "write");
}
