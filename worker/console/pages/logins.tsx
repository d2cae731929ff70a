/** @jsxImportSource hono/jsx */
/** Who came to a school's door of late, and why somebody was not let in. */
import type { LoginRefusal } from "../../../shared/protocol.ts";
import type { Login } from "../answers.ts";
import { Card, Fingerprint, List, Time } from "../parts/show.tsx";

/** Why, and what helps; the client learns none of it. */
const whys: Record<LoginRefusal, string> = {
  school_unknown: "there is no such school",
  school_suspended: "the school is suspended",
  key_unknown: "the key is none of the school's: register it, or ask which one they use",
  key_revoked: "the key was revoked",
  key_expired: "the key has expired",
  address_foreign: "the school, or the key, is limited to other addresses (allowedAddresses)",
  key_type: "a key of a type that is not let in here: ask for an RSA key (SSH_KEY_TYPES)",
  key_malformed: "the key is malformed",
  key_short: "an RSA key of fewer than 2048 bits: ask for a longer one",
  sha1: "signed with SHA-1: the client is too old",
  signature: "the signature does not verify",
  method: "a password or the like was tried: only a key opens the door",
  unfinished: "the client went away before it had signed",
};

export function Logins({ logins }: { logins: Login[] }) {
  return (
    <Card
      title="Newest logins"
      says="Also those that were refused, with the reason: the client learns none of it."
    >
      <List
        label="Newest logins"
        items={logins}
        columns={[
          ["When", (it) => <Time at={it.at} />],
          ["Times", (it) => it.count, "number"],
          ["What came of it", (it) => <Outcome of={it} />],
          ["Key", (it) => it.fingerprint ? <Fingerprint of={it.fingerprint} /> : "–", "later"],
          ["From", (it) => <span class="mono small">{it.address}</span>],
          ["With", (it) => it.client, "later"],
        ]}
        nothing={<p>Nobody came yet.</p>}
      />
    </Card>
  );
}

function Outcome({ of: { type, reason } }: { of: Login }) {
  if (type === "login") return <span class="badge good">let in</span>;
  // A newer bridge may know other reasons.
  const why = reason === null ? "" : whys[reason as LoginRefusal] ?? reason;
  return (
    <>
      <span class="badge bad">refused</span> {why}
    </>
  );
}
