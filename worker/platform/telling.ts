/** The teller with what it sends through on this platform. */
import type { Client } from "@libsql/client";
import type { Log } from "../../shared/log.ts";
import type { MailSettings } from "../events/settings.ts";
import { createTeller, type Teller } from "../events/telling.ts";
import { createPost } from "./post.ts";
import { domainOf, openMailServer } from "./smtp.ts";

export interface TellingSettings {
  mail: MailSettings | undefined;
  publicUrl: string | undefined;
  allowPrivateWebhooks: boolean;
}

export function openTeller(database: Client, settings: TellingSettings, log: Log): Teller {
  const { mail, publicUrl, allowPrivateWebhooks } = settings;
  return createTeller({
    database,
    post: createPost({ allowPrivate: allowPrivateWebhooks }),
    mail: mail && {
      openServer: () => openMailServer(mail.smtpUrl, mail.from),
      domain: domainOf(mail.from),
    },
    publicUrl,
    now: () => Date.now(),
    random: () => Math.random(),
    randomId: () => crypto.randomUUID(),
    log,
  });
}
