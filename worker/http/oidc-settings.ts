/** The settings of signing in with the organisation's OpenID Connect provider. */
import { type Role, roles } from "../database/control/tokens.ts";
import { readAll, SettingError } from "../../shared/settings.ts";
import { isSlug } from "../../shared/slug.ts";

/** What members of a group may do. */
export interface Grant {
  group: string;
  role: Role;
  /** A school's slug; `null`: all schools. */
  school: string | null;
}

export interface OidcSettings {
  issuer: URL;
  clientId: string;
  /** None: a public client, whom PKCE alone protects. */
  clientSecret: string | undefined;
  grants: Grant[];
  /** The claim that lists a person's groups. */
  claim: string;
  /** Where browsers come back to: PUBLIC_URL with the path of the callback. */
  callback: string;
}

export const CALLBACK = "/sign-in/callback";

const example = "such as rosterbridge-admins=admin,oak-staff=viewer:oak";

/**
 * `undefined`: nobody signs in so.
 *
 * @param publicUrl reads PUBLIC_URL
 * @throws SettingError with a line for each that is wrong
 */
export function readOidc(
  get: (name: string) => string | undefined,
  publicUrl: () => string | undefined,
): OidcSettings | undefined {
  const issuer = get("OIDC_ISSUER");
  if (issuer === undefined) return undefined;
  return readAll({
    issuer: () => readIssuer(issuer),
    clientId: () =>
      get("OIDC_CLIENT_ID") ?? missing("OIDC_CLIENT_ID", "what the provider calls this worker"),
    clientSecret: () => get("OIDC_CLIENT_SECRET"),
    grants: () => readGrants(get("OIDC_GROUPS")),
    claim: () => get("OIDC_GROUPS_CLAIM") ?? "groups",
    callback: () => callbackAt(publicUrl()),
  });
}

function callbackAt(publicUrl: string | undefined): string {
  if (publicUrl) return new URL(CALLBACK, publicUrl).href;
  throw new SettingError("OIDC_ISSUER takes a PUBLIC_URL beside it, where people come back to.");
}

function readIssuer(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // What is said to a provider in the open anybody could answer.
  const isLocal = url?.protocol === "http:" &&
    /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
  if (url?.protocol === "https:" || (url && isLocal)) return url;
  throw new SettingError(
    `OIDC_ISSUER is ${JSON.stringify(text)}; it takes the provider's https: URL, without ` +
      "/.well-known/openid-configuration.",
  );
}

/** `group=role` for all schools, `group=role:school` for one, with commas between. */
function readGrants(text: string | undefined): Grant[] {
  if (text === undefined) missing("OIDC_GROUPS", `groups and their roles, ${example}`);
  return text.split(",").map((part) => {
    const [, group, role, school] = /^\s*(.+)=([a-z]+)(?::([a-z0-9_-]+))?\s*$/.exec(part) ?? [];
    const known = roles.find((one) => one === role);
    if (group && known && (school === undefined || isSlug(school))) {
      return { group, role: known, school: school ?? null };
    }
    throw new SettingError(
      `OIDC_GROUPS has ${
        JSON.stringify(part.trim())
      }; it takes group=role or group=role:school with ` +
        `commas between, ${example}; a role is one of ${roles.join(", ")}.`,
    );
  });
}

function missing(name: string, what: string): never {
  throw new SettingError(`${name} is missing beside OIDC_ISSUER; it takes ${what}.`);
}

/**
 * What a person of these groups may do: the highest role that any of them gives, at the schools of all
 * that give it. `undefined`: nothing.
 */
export function grantOf(
  groups: readonly string[],
  grants: readonly Grant[],
): { role: Role; schools: string[] | null } | undefined {
  const mine = grants.filter(({ group }) => groups.includes(group));
  const role = roles.findLast((one) => mine.some((grant) => grant.role === one));
  if (role === undefined) return undefined;
  const highest = mine.filter((grant) => grant.role === role);
  const isForAll = highest.some(({ school }) => school === null);
  return { role, schools: isForAll ? null : highest.flatMap(({ school }) => school ?? []) };
}
