/**
 * Telling under test: a worker's app with a clock that stands still until it is moved, a teller, and
 * receivers and a mail server that are real ones on this machine.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Client } from "@libsql/client";
import { SMTPServer } from "smtp-server";
import type { SchoolId } from "../../../shared/protocol.ts";
import { type Happening, tell } from "../../../worker/database/school/occurrences.ts";
import { createTeller, type Teller, type Telling } from "../../../worker/events/telling.ts";
import { createPost } from "../../../worker/platform/post.ts";
import { openMailServer } from "../../../worker/platform/smtp.ts";
import { type AppUnderTest, appUnderTest } from "../app-under-test.ts";

export interface TellingWorld extends AppUnderTest {
  teller: Teller;
  /** Another worker on the same database and clock. */
  anotherTeller(overrides?: Partial<Telling>): Teller;
  /** A new school. */
  school(settings?: Record<string, unknown>): Promise<{ id: SchoolId; slug: string }>;
  happen(happening: Partial<Happening> & { schoolId: SchoolId }): Promise<void>;
  later(milliseconds: number): void;
}

let schools = 0;

export function tellingWorld(
  database: Client,
  { smtpPort, ...overrides }: Partial<Telling> & { smtpPort?: number } = {},
): TellingWorld {
  const app = appUnderTest(database, {
    allowPrivateWebhooks: true,
    hasMail: smtpPort !== undefined,
  });
  const { clock, context } = app;
  const telling: Telling = {
    database,
    post: createPost({ allowPrivate: true, timeoutMs: 60_000 }),
    mail: smtpPort === undefined ? undefined : {
      openServer: () =>
        openMailServer(`smtp://127.0.0.1:${smtpPort}`, "Rosterbridge <no-reply@roster.test>"),
      domain: "roster.test",
    },
    publicUrl: "https://roster.test/",
    now: () => clock.now,
    random: () => 0.5,
    randomId: () => crypto.randomUUID(),
    log: context.log,
    ...overrides,
  };
  return {
    ...app,
    teller: createTeller(telling),
    anotherTeller: (others = {}) => createTeller({ ...telling, ...others }),
    async school(settings = {}) {
      schools += 1;
      const slug = `told-${schools}`;
      const made = await app.admin("POST", "/admin/schools", {
        slug,
        name: `Told College ${schools}`,
        settings,
      });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      const { rows: [row] } = await database.execute({
        sql: "SELECT id FROM schools WHERE slug = ?",
        args: [slug],
      });
      return { id: Number(row!["id"]) as SchoolId, slug };
    },
    async happen({ kind = "school.heard", subject = "1", ...happening }) {
      await database.execute(tell({ kind, subject, at: instantOf(clock.now), ...happening }));
    },
    later(milliseconds) {
      clock.now += milliseconds;
    },
  };
}

function instantOf(now: number): string {
  return new Date(now).toISOString();
}

export interface Received {
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

export interface Receiver {
  url: string;
  received: Received[];
  /** Resolves when it has received so many. */
  count(wanted: number): Promise<void>;
  stop(): Promise<void>;
}

/** Those who wait until something is so, looked after whenever it may have become so. */
function createWaiting(): { look(): void; until(isSo: () => boolean): Promise<void> } {
  const looks = new Set<() => void>();
  return {
    look() {
      for (const look of [...looks]) look();
    },
    until: (isSo) =>
      new Promise((resolve) => {
        const look = () => {
          if (!isSo()) return;
          looks.delete(look);
          resolve();
        };
        looks.add(look);
        look();
      }),
  };
}

/** An HTTP server of this machine; what it answers is the test's. */
export async function startReceiver(
  answer: (response: ServerResponse, received: Received) => void = (response) => response.end(),
): Promise<Receiver> {
  const received: Received[] = [];
  const waiting = createWaiting();
  const server: Server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text) => body += text).on("end", () => {
      const one = { path: request.url!, headers: request.headers, body };
      received.push(one);
      waiting.look();
      answer(response, one);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    count: (wanted) => waiting.until(() => received.length >= wanted),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export interface Mailbox {
  port: number;
  /** Each mail as it came, its headers and its body. */
  mails: { to: string[]; source: string }[];
  /** Resolves when so many have come. */
  count(wanted: number): Promise<void>;
  /** What the server says to a recipient; nothing: it takes the mail. */
  refuse: (address: string) => { code: number; message: string } | undefined;
  stop(): Promise<void>;
}

/** A real SMTP server of this machine. */
export async function startMailbox(port = 0): Promise<Mailbox> {
  const waiting = createWaiting();
  const mailbox: Mailbox = {
    port,
    mails: [],
    refuse: () => undefined,
    count: (wanted) => waiting.until(() => mailbox.mails.length >= wanted),
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
  const server = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    disableReverseLookup: true,
    onRcptTo({ address }, _session, callback) {
      const refusal = mailbox.refuse(address);
      if (!refusal) return callback();
      callback(Object.assign(new Error(refusal.message), { responseCode: refusal.code }));
    },
    onData(stream, session, callback) {
      let source = "";
      stream.setEncoding("utf8");
      stream.on("data", (text: string) => source += text);
      stream.on("end", () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        mailbox.mails.push({ to, source });
        waiting.look();
        callback();
      });
    },
  });
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", () => resolve()));
  mailbox.port = (server.server.address() as { port: number }).port;
  return mailbox;
}
