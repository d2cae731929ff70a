/** What telling goes out through; `platform/` has both. */

export interface PostAnswer {
  status: number;
  /** The header `retry-after`, as it was sent. */
  retryAfter: string | undefined;
}

/** Why there is no answer: in a few words, without the address that was refused. */
export class PostFailure extends Error {
  override readonly name = "PostFailure";
}

/** Posts once, follows no redirect, answers in bounded time. @throws PostFailure */
export type Post = (
  url: string,
  headers: Record<string, string>,
  body: string,
) => Promise<PostAnswer>;

export interface Mail {
  to: { name: string; address: string };
  subject: string;
  text: string;
  html: string;
  /** The same at each try, so that one that came twice can be told. */
  messageId: string;
}

/** What a mail server said to a mail. */
export type Handed =
  | { kind: "taken"; answer: string }
  /** It will never take this mail to this address (SMTP 5xx). */
  | { kind: "refused"; answer: string }
  /** It asks to come again with this mail (SMTP 4xx). */
  | { kind: "later"; answer: string }
  /** It cannot be reached, or takes mail from us at no time now: that is so for every mail. */
  | { kind: "away"; answer: string };

export interface MailServer {
  send(mail: Mail): Promise<Handed>;
  /** Lets its connections go. */
  close(): void;
}
