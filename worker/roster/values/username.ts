/**
 * Username: required, the key of a row.
 */
import { Fault, invisibleCharacter, readText } from "./fault.ts";
import { shown } from "./shown.ts";

/** The longest Username in characters, which is also the longest e-mail address (RFC 5321). */
const LIMIT = 254;

/** So many of a school's domains stand in a message. */
const SHOWN_DOMAINS = 5;

/** What cannot be seen and would make two Usernames of one: format characters, other line ends. */
const invisible = /[\p{Cf}\u2028\u2029\u115f\u1160\u3164\uffa0]/u;

const plainAddress =
  /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[a-z0-9][a-z0-9-]*(?:\.[a-z0-9][a-z0-9-]*)+$/i;
/** The same with letters of any script (RFC 6531). */
const address =
  /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*@[\p{L}\p{N}][\p{L}\p{M}\p{N}-]*(?:\.[\p{L}\p{N}][\p{L}\p{M}\p{N}-]*)+$/u;

/**
 * What makes two Usernames the same: neither letter case nor how an accent is encoded counts. The two
 * small sigmas of Greek are one letter, whose capital says not which.
 */
export function usernameKey(username: string): string {
  return username.normalize("NFC").toLowerCase().replaceAll("\u03c2", "\u03c3");
}

/** Makes the check of a school's Usernames. */
export function usernameReader(
  { username, emailDomains }: { username: "email" | "any"; emailDomains: readonly string[] },
): (value: string) => string | Fault {
  const domains = new Set(emailDomains.map((domain) => domain.toLowerCase()));
  const shownDomains = emailDomains.slice(0, SHOWN_DOMAINS).join(" or ");
  const more = emailDomains.length - SHOWN_DOMAINS;
  const allowed = more > 0 ? `${shownDomains} or ${more} more` : shownDomains;
  return function readUsername(value) {
    if (value === "") {
      const kind = username === "email" ? "an e-mail address" : "a Username";
      return new Fault("username_missing", `Username is blank; every row needs ${kind}.`);
    }
    const text = readText(value, LIMIT);
    if (text instanceof Fault) return text;
    if (invisible.test(text)) return invisibleCharacter(text);
    if (username === "any") return text;
    if (!plainAddress.test(text) && !address.test(text)) {
      const message = `${shown(text)} is not an e-mail address, such as ana@college.edu.`;
      return new Fault("username_email", message);
    }
    if (domains.size === 0) return text;
    const domain = text.slice(text.lastIndexOf("@") + 1).toLowerCase();
    if (domains.has(domain)) return text;
    return new Fault(
      "username_domain",
      `${shown(text)} is an address of ${shown(domain)}; the school's Usernames are addresses of ` +
        `${allowed}.`,
    );
  };
}
