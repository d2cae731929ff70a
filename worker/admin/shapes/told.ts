/** Who is told what happened, and what was told. */
import * as v from "valibot";
import { Count, NullableText, NullableTime, Text, Time } from "./words.ts";

export const Contact = v.pipe(
  v.object({
    id: Text,
    email: Text,
    name: Text,
    wants: v.array(Text),
    digestAt: v.pipe(NullableText, v.description("07:00; null: a mail for each thing, at once")),
    timezone: NullableText,
    createdAt: Time,
    note: v.optional(v.pipe(Text, v.description("Why no mail goes out, or by another time zone"))),
  }),
  v.metadata({ ref: "Contact" }),
);

const webhook = {
  id: Text,
  school: v.pipe(NullableText, v.description("null: of all schools")),
  url: Text,
  kinds: v.pipe(v.nullable(v.array(Text)), v.description("null: every kind")),
  description: Text,
  state: v.pipe(
    v.picklist(["on", "off", "gone"]),
    v.description("gone: its receiver answered 410"),
  ),
  failures: v.pipe(Count, v.description("How often it failed since it last worked")),
  readyAt: v.pipe(NullableTime, v.description("Nothing is sent before")),
  previousUntil: v.pipe(NullableTime, v.description("Until then the secret before signs as well")),
  createdAt: Time,
};

export const Webhook = v.pipe(v.object(webhook), v.metadata({ ref: "Webhook" }));

export const WebhookWithSecret = v.object({
  ...webhook,
  secret: v.optional(v.pipe(Text, v.description("What signs, when it is new: this once"))),
});

export const Delivery = v.pipe(
  v.object({
    id: Text,
    messageId: v.pipe(Text, v.description("webhook-id, the same at each attempt")),
    kind: Text,
    school: NullableText,
    state: v.picklist(["waiting", "delivered", "failed"]),
    createdAt: Time,
    dueAt: v.pipe(NullableTime, v.description("When it is tried next")),
    finishedAt: NullableTime,
    attempts: v.array(
      v.object({
        at: Time,
        status: v.nullable(Count),
        problem: NullableText,
        milliseconds: v.number(),
      }),
    ),
    body: v.looseObject({}),
  }),
  v.metadata({ ref: "Delivery" }),
);

export const Replayed = v.object({ replayed: Count });

export const Mail = v.pipe(
  v.object({
    id: Text,
    contact: v.pipe(Text, v.description("The contact's id")),
    isDigest: v.boolean(),
    state: v.picklist(["waiting", "sent", "refused", "failed"]),
    address: NullableText,
    subject: NullableText,
    answer: v.pipe(NullableText, v.description("What the mail server said, or why nothing")),
    tries: Count,
    createdAt: Time,
    dueAt: NullableTime,
    finishedAt: NullableTime,
  }),
  v.metadata({ ref: "Mail" }),
);
