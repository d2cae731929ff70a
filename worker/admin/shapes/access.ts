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
    id: Count,
    at: Time,
    actor: Text,
    action: v.pipe(Text, v.description("Such as `school.created`")),
    school: v.pipe(NullableText, v.description("Null when it is gone, or none is meant")),
    detail: v.pipe(v.looseObject({}), v.description("What depends on the action")),
  }),
  v.metadata({ ref: "AuditEntry" }),
);
