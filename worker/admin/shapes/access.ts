/** Who may come in: schools by their keys, administrators by their tokens. */
import * as v from "valibot";
import { roles } from "../../database/control/tokens.ts";
import { Count, NullableText, NullableTime, Text, Time } from "./words.ts";

export const Key = v.pipe(
  v.object({
    fingerprint: v.pipe(Text, v.description("SHA256:…, as ssh-keygen -l prints it")),
    type: Text,
    bits: Count,
    publicKey: v.pipe(Text, v.description("A line of authorized_keys")),
    label: Text,
    createdAt: Time,
    expiresAt: NullableTime,
    revokedAt: NullableTime,
    lastUsedAt: v.pipe(NullableTime, v.description("The last login with it; null: none")),
    lastUsedFrom: v.pipe(NullableText, v.description("The address of that login")),
    allowedAddresses: v.optional(
      v.pipe(v.array(Text), v.description("Where logins with it may come from; absent: anywhere")),
    ),
  }),
  v.metadata({ ref: "Key" }),
);

const role = v.picklist(roles);
const schools = v.pipe(
  v.nullable(v.array(Text)),
  v.description("The schools it is limited to; null: all"),
);

const token = {
  id: Text,
  name: Text,
  role,
  schools,
  createdAt: Time,
  createdBy: Text,
  expiresAt: NullableTime,
  lastUsedAt: v.pipe(NullableTime, v.description("To the minute")),
  revokedAt: NullableTime,
};

export const Token = v.pipe(v.object(token), v.metadata({ ref: "Token" }));

export const MadeToken = v.object({
  ...token,
  token: v.pipe(Text, v.description("The token itself, this once")),
});

export const Me = v.pipe(
  v.object({ name: Text, role, schools, expiresAt: NullableTime }),
  v.metadata({ ref: "Me" }),
);

export const AuditEntry = v.pipe(
  v.object({
    id: v.pipe(Text, v.description("The worker's number, or the bridge's with its catalog's id")),
    at: Time,
    source: v.pipe(
      v.picklist(["worker", "bridge"]),
      v.description("Whether an administrator did it, or it happened on a bridge"),
    ),
    actor: Text,
    action: v.pipe(Text, v.description("Such as `school.created` or `file.removed`")),
    school: v.pipe(NullableText, v.description("Null when it is gone, or none is meant")),
    upload: v.optional(v.pipe(Text, v.description("The upload it is about"))),
    detail: v.pipe(v.looseObject({}), v.description("What depends on the action")),
  }),
  v.metadata({ ref: "AuditEntry" }),
);

export const StoryStep = v.pipe(
  v.object({
    at: Time,
    action: Text,
    actor: Text,
    detail: v.pipe(v.looseObject({}), v.description("What depends on the action")),
  }),
  v.metadata({ ref: "StoryStep" }),
);

export const Verified = v.pipe(
  v.object({
    isWhole: v.boolean(),
    faults: v.array(v.object({
      chain: v.pipe(Text, v.description("`audit`, or a bridge by its catalog's id")),
      number: v.number(),
      kind: v.picklist(["missing", "changed", "added"]),
      why: Text,
    })),
    more: v.pipe(v.boolean(), v.description("More were found than are listed")),
    entries: Count,
    unsealed: v.pipe(Count, v.description("Entries since the last seal")),
    seals: Count,
    events: Count,
    verifiedUpTo: v.nullable(v.object({
      seal: v.number(),
      hash: v.pipe(Text, v.description("As the worker's log has it under audit.sealed")),
      at: Time,
    })),
  }),
  v.metadata({ ref: "LedgerVerified" }),
);
