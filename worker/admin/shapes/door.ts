/** Who came to the door of a bridge. */
import * as v from "valibot";
import { Count, NullableText, Text, Time } from "./words.ts";

const reason = v.pipe(
  NullableText,
  v.description(
    "Why it was refused: `school_unknown`, `school_suspended`, `key_unknown`, `key_revoked`, " +
      "`key_expired`, `address_foreign`, `key_type`, `key_malformed`, `key_short`, `sha1`, " +
      "`signature`, `method`, or `unfinished` when the client went away in the middle",
  ),
);
const came = {
  at: Time,
  since: v.pipe(Time, v.description("When the first of them was")),
  count: v.pipe(Count, v.description("How many there were within that minute")),
  address: Text,
  client: v.pipe(Text, v.description("The client's own name for its software")),
  fingerprint: NullableText,
};

export const Login = v.pipe(
  v.object({ type: v.picklist(["login", "refused"]), reason, ...came }),
  v.metadata({ ref: "Login" }),
);

export const RefusedLogin = v.pipe(
  v.object({
    slug: v.pipe(NullableText, v.description("The name that was given, where it could be one")),
    reason,
    ...came,
  }),
  v.metadata({ ref: "RefusedLogin" }),
);

export const ShutOut = v.pipe(
  v.object({
    source: v.pipe(Text, v.description("An address, or the first 64 bits of an IPv6 one")),
    since: Time,
    until: Time,
    failures: v.pipe(Count, v.description("Connections from there that failed to log in")),
    bridge: Text,
  }),
  v.metadata({ ref: "Ban" }),
);
