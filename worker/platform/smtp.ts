/** Hands mail to the mail server of `SMTP_URL`. */
import { createTransport } from "nodemailer";
import type { Handed, MailServer } from "../events/outgoing.ts";

/** Connecting, greeting and silence may take so long, in milliseconds. */
const PATIENCE_MS = 15_000;

/**
 * @param url `smtp://user:password@host:587` or `smtps://…`; STARTTLS is used where the server has it,
 *   and is required where there is a password to send
 * @param from the sender, `Rosterbridge <no-reply@roster.example>`
 */
export function openMailServer(url: string, from: string): MailServer {
  const at = new URL(url);
  const isHere = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(at.hostname);
  const transport = createTransport({
    host: at.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(at.port || (at.protocol === "smtps:" ? 465 : 587)),
    secure: at.protocol === "smtps:",
    requireTLS: at.username !== "" && !isHere,
    ...(at.username === "" ? {} : {
      auth: {
        user: decodeURIComponent(at.username),
        pass: decodeURIComponent(at.password),
      },
    }),
    // Without it the machine's own name is asked for, which an edge worker may not.
    name: domainOf(from),
    pool: true,
    maxConnections: 2,
    connectionTimeout: PATIENCE_MS,
    greetingTimeout: PATIENCE_MS,
    socketTimeout: PATIENCE_MS,
    dnsTimeout: PATIENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(mail) {
      try {
        const { response } = await transport.sendMail({
          ...mail,
          from,
          // So that nobody's absence note answers (RFC 3834).
          headers: { "auto-submitted": "auto-generated" },
        });
        return { kind: "taken", answer: shown(response) };
      } catch (error) {
        return failure(error as SmtpError);
      }
    },
    close: () => transport.close(),
  };
}

/** The part of an address after its @. */
export function domainOf(from: string): string {
  return /@([^\s@>]+)>?\s*$/.exec(from)?.[1] ?? "rosterbridge";
}

interface SmtpError extends Error {
  code?: string;
  command?: string;
  responseCode?: number;
  response?: string;
}

function failure(error: SmtpError): Handed {
  const { responseCode, command = "" } = error;
  const answer = shown(error.response ?? error.message);
  // Before the mail itself (greeting, sign-in) every answer is to us, not to this mail.
  const isAboutMail = /^(MAIL|RCPT|DATA)/.test(command) || error.code === "EENVELOPE" ||
    error.code === "EMESSAGE";
  if (!isAboutMail || responseCode === undefined || responseCode === 421) {
    return { kind: "away", answer };
  }
  return { kind: responseCode >= 500 ? "refused" : "later", answer };
}

/** One line of at most 200 characters. */
function shown(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f]+/g, " ").trim().slice(0, 200);
}
