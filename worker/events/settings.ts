/** The settings of telling: `SMTP_URL`, `MAIL_FROM`, `PUBLIC_URL`, `WEBHOOK_ALLOW_PRIVATE`. */
import { readAll, SettingError } from "../../shared/settings.ts";

export interface MailSettings {
  /** May hold a password. */
  smtpUrl: string;
  from: string;
}

/** `undefined`: no mail goes out. @throws SettingError with a line for each that is wrong */
export function readMail(
  smtpUrl: string | undefined,
  from: string | undefined,
): MailSettings | undefined {
  if (smtpUrl === undefined) {
    if (from === undefined) return undefined;
    throw new SettingError(
      "SMTP_URL is missing; with MAIL_FROM it takes the mail server, such as " +
        "smtp://user:password@mail.example:587. Without both no mail is sent.",
    );
  }
  return readAll({ smtpUrl: () => readSmtpUrl(smtpUrl), from: () => readSender(from) });
}

function readSmtpUrl(smtpUrl: string): string {
  // What follows the scheme may hold a password, so it is not shown.
  if (!/^smtps?:\/\//i.test(smtpUrl) || !URL.canParse(smtpUrl) || !new URL(smtpUrl).hostname) {
    throw new SettingError(
      "SMTP_URL is no URL of a mail server; it takes one such as smtp://user:password@mail.example:587 " +
        "or smtps://mail.example.",
    );
  }
  return smtpUrl;
}

function readSender(from: string | undefined): string {
  if (from === undefined) {
    throw new SettingError(
      "MAIL_FROM is missing; with SMTP_URL it takes the sender of mails, such as " +
        "Rosterbridge <no-reply@roster.example>.",
    );
  }
  if (!/^[^\r\n<>]*<[^\s<>@]+@[^\s<>@]+>$|^[^\s<>@]+@[^\s<>@]+$/.test(from)) {
    throw new SettingError(
      `MAIL_FROM is ${
        JSON.stringify(from)
      }; it takes an address such as no-reply@roster.example or ` +
        "Rosterbridge <no-reply@roster.example>.",
    );
  }
  return from;
}

/** `undefined`: mails have no links. @throws SettingError */
export function readPublicUrl(value: string | undefined): string | undefined {
  if (value === undefined || (/^https?:\/\//i.test(value) && URL.canParse(value))) return value;
  throw new SettingError(
    `PUBLIC_URL is ${JSON.stringify(value)}; it takes the http: or https: URL at which ` +
      "administrators reach the worker.",
  );
}

/** @throws SettingError */
export function readAllowPrivate(value: string | undefined): boolean {
  if (value === undefined || value === "0") return false;
  if (value === "1") return true;
  throw new SettingError(
    `WEBHOOK_ALLOW_PRIVATE is ${JSON.stringify(value)}; it takes 1 where webhooks may go to ` +
      "http: and to addresses that are not public, otherwise 0.",
  );
}
