/** What the tests of mail call and look at. */
import assert from "node:assert/strict";
import type { Client } from "@libsql/client";
import { type Mailbox, startMailbox, type TellingWorld, tellingWorld } from "./telling-world.ts";

export async function addContact(world: TellingWorld, slug: string, body: Record<string, unknown>) {
  const answer = await world.admin("POST", `/admin/schools/${slug}/contacts`, body);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body as { id: string };
}

export async function mailsOf(world: TellingWorld, slug: string) {
  const { body } = await world.admin("GET", `/admin/schools/${slug}/mails`);
  // deno-lint-ignore no-explicit-any
  return body.items as any[];
}

/** A mail's header, unfolded; encoded words stay as they are. */
export function header(source: string, name: string): string | undefined {
  const head = source.split("\r\n\r\n")[0]!.replace(/\r\n[ \t]+/g, " ");
  return new RegExp(`^${name}: (.*)$`, "im").exec(head)?.[1];
}

/** The parts of a mail in quoted-printable, read. */
export function readable(source: string): string {
  return source.replace(/=\r\n/g, "").replace(
    /((?:=[0-9A-F]{2})+)/g,
    (bytes) => Buffer.from(bytes.replace(/=/g, ""), "hex").toString("utf8"),
  );
}

/** Runs with a mail server and a worker that sends through it. */
export async function withWorldAndMailbox(
  database: Client,
  run: (mailbox: Mailbox, world: TellingWorld) => Promise<void>,
): Promise<void> {
  const mailbox = await startMailbox();
  try {
    await run(mailbox, tellingWorld(database, { smtpPort: mailbox.port }));
  } finally {
    await mailbox.stop();
  }
}
