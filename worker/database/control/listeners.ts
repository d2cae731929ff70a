/** Who wants to be told of what happens at some schools: their webhooks and their contacts. */
import type { Client } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";
import { type Contact, readContact } from "./contacts.ts";

export interface ListeningWebhook {
  id: string;
  /** `null`: of all schools. */
  schoolId: SchoolId | null;
  /** `null`: every kind. */
  kinds: string[] | null;
}

export interface NamedSchool {
  slug: string;
  name: string;
}

export interface Listeners {
  /** Those of the schools that are there. */
  schools: Map<SchoolId, NamedSchool>;
  webhooks: ListeningWebhook[];
  contacts: Contact[];
}

export async function listenersOf(
  database: Client,
  schoolIds: readonly SchoolId[],
): Promise<Listeners> {
  const ids = JSON.stringify(schoolIds);
  const among = "IN (SELECT value FROM json_each(?))";
  const [schools, webhooks, contacts] = await database.batch([
    { sql: `SELECT id, slug, name FROM schools WHERE id ${among}`, args: [ids] },
    {
      sql: `SELECT id, school_id, kinds FROM webhooks
            WHERE state = 'on' AND (school_id IS NULL OR school_id ${among})`,
      args: [ids],
    },
    { sql: `SELECT * FROM contacts WHERE school_id ${among}`, args: [ids] },
  ], "read");
  return {
    schools: new Map(
      schools!.rows.map((row) => [
        Number(row["id"]) as SchoolId,
        { slug: row["slug"] as string, name: row["name"] as string },
      ]),
    ),
    webhooks: webhooks!.rows.map((row) => ({
      id: row["id"] as string,
      schoolId: row["school_id"] === null ? null : Number(row["school_id"]) as SchoolId,
      kinds: row["kinds"] === null ? null : JSON.parse(row["kinds"] as string),
    })),
    contacts: contacts!.rows.map(readContact),
  };
}
