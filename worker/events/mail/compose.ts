/** A mail from what it tells: the subject, plain text, and the same in HTML. */
import { zoneHere } from "../../zones.ts";
import { NOTICES } from "../../database/control/mails.ts";
import { htmlOf } from "./html.ts";
import type { Notice } from "./notice.ts";
import type { Item, Letter } from "./letter.ts";
import { number, plural, say } from "./sentences.ts";
import { textOf } from "./text.ts";

export interface MailContent {
  school: { slug: string; name: string };
  /** In the order in which things happened; one more than stand in a mail: there are even more. */
  notices: readonly Notice[];
  /** On whose clock the times are. */
  timezone: string;
  publicUrl: string | undefined;
  isDigest: boolean;
}

export interface WrittenMail {
  subject: string;
  text: string;
  html: string;
}

export function compose(content: MailContent): WrittenMail {
  const { school, timezone, publicUrl, isDigest } = content;
  const clock = (instant: string) => inWords(instant, timezone);
  const shown = content.notices.slice(0, NOTICES);
  const items = shown.map((notice): Item => {
    const { path, ...said } = say(notice, clock);
    const link = publicUrl && path ? publicUrl.replace(/\/+$/, "") + path : undefined;
    return { ...said, when: clock(notice.at), link };
  });
  const bad = items.filter(({ tone }) => tone === "bad").length;
  const heading = isDigest
    ? digestHeading(items.length, bad)
    : items[0]?.title ?? "Nothing to tell";
  const letter: Letter = {
    schoolName: school.name,
    heading,
    items,
    closing: [
      ...(content.notices.length > NOTICES
        ? [`There is more: a mail has ${NOTICES} at most.`]
        : []),
      `You get this because you are a contact of ${school.name} (${school.slug}). To get other mails ` +
      "or none, tell the people who run this service.",
    ],
  };
  return {
    subject: oneLine(`${school.name}: ${heading}`),
    text: textOf(letter),
    html: htmlOf(letter),
  };
}

function digestHeading(count: number, bad: number): string {
  const things = `${number(count)} ${plural(count, "thing", "things")} to know`;
  return bad === 0 ? things : `${things}, ${number(bad)} to look at`;
}

function inWords(instant: string, timezone: string): string {
  return new Intl.DateTimeFormat("en-US", {
    timeZone: zoneHere(timezone),
    weekday: "short",
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "numeric",
    minute: "2-digit",
    timeZoneName: "short",
  }).format(new Date(instant));
}

function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex
  const line = text.replace(/[\x00-\x1f\x7f]+/g, " ").trim();
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
