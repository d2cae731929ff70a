/** A school's contacts: whom it wants to be told by mail, of what, and when. */
import type { Client, Row } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";
import { isConstraint } from "../errors.ts";
import type { Page } from "../page.ts";
import { auditEntry, type Author } from "./audit.ts";

export interface Contact {
  id: string;
  schoolId: SchoolId;
  email: string;
  name: string;
  /** What it wants to be told of, such as `held`. */
  wants: string[];
  /** The time of the day of one mail with everything, `07:00`; `null`: a mail for each, at once. */
  digestAt: string | null;
  /** On whose clock that time is, and the times in its mails are; `null`: UTC. */
  timezone: string | null;
  createdAt: string;
}

const columns = "id, school_id, email, name, wants, digest_at, timezone, created_at";

/** False: the school has a contact of that address, or is gone. */
export async function addContact(
  database: Client,
  contact: Omit<Contact, "createdAt">,
  by: Author,
): Promise<boolean> {
  const { id, schoolId, email, name, wants, digestAt, timezone } = contact;
  try {
    await database.batch([
      {
        // NULL, and so a failure, when the school is gone.
        sql: `INSERT INTO contacts (${columns})
              VALUES (?, (SELECT id FROM schools WHERE id = ?), ?, ?, ?, ?, ?, ?)`,
        args: [id, schoolId, email, name, JSON.stringify(wants), digestAt, timezone, by.at],
      },
      auditEntry(by, schoolId, "contact.added", { contact: id, wants }),
    ], "write");
    return true;
  } catch (error) {
    if (isConstraint(error)) return false;
    throw error;
  }
}

export async function contactById(
  database: Client,
  schoolId: SchoolId,
  id: string,
): Promise<Contact | undefined> {
  const { rows: [row] } = await database.execute({
    sql: `SELECT ${columns} FROM contacts WHERE school_id = ? AND id = ?`,
    args: [schoolId, id],
  });
  return row && readContact(row);
}

/** By address; one row more than the page has. */
export async function listContacts(
  database: Client,
  schoolId: SchoolId,
  { limit, after }: Page<[string]>,
): Promise<Contact[]> {
  const { rows } = await database.execute({
    sql: `SELECT ${columns} FROM contacts WHERE school_id = ? AND email > ?
          ORDER BY email LIMIT ?`,
    args: [schoolId, after?.[0] ?? "", limit + 1],
  });
  return rows.map(readContact);
}

/** Mails that wait go to the address as it is then. False: another contact has the address. */
export async function changeContact(
  database: Client,
  contact: Contact,
  by: Author,
): Promise<boolean> {
  const { id, schoolId, email, name, wants, digestAt, timezone } = contact;
  try {
    await database.batch([
      {
        sql: `UPDATE contacts SET email = ?, name = ?, wants = ?, digest_at = ?, timezone = ?
              WHERE school_id = ? AND id = ?`,
        args: [email, name, JSON.stringify(wants), digestAt, timezone, schoolId, id],
      },
      auditEntry(by, schoolId, "contact.changed", { contact: id, wants }),
    ], "write");
    return true;
  } catch (error) {
    if (isConstraint(error)) return false;
    throw error;
  }
}

/** Mails that wait for it are not sent. Those that were sent stay on record. */
export async function deleteContact(
  database: Client,
  { id, schoolId }: Contact,
  by: Author,
): Promise<void> {
  await database.batch([
    { sql: "DELETE FROM contacts WHERE school_id = ? AND id = ?", args: [schoolId, id] },
    { sql: "DELETE FROM mails WHERE contact_id = ? AND due_at IS NOT NULL", args: [id] },
    { sql: "DELETE FROM notices WHERE contact_id = ?", args: [id] },
    auditEntry(by, schoolId, "contact.removed", { contact: id }),
  ], "write");
}

export function readContact(row: Row): Contact {
  return {
    id: row["id"] as string,
    schoolId: Number(row["school_id"]) as SchoolId,
    email: row["email"] as string,
    name: row["name"] as string,
    wants: JSON.parse(row["wants"] as string),
    digestAt: row["digest_at"] as string | null,
    timezone: row["timezone"] as string | null,
    createdAt: row["created_at"] as string,
  };
}
