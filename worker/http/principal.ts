/** Who asks: an administrator, by the token or the sign-in that the request carries (SPEC section 11). */
import type { Context } from "hono";
import type { SchoolId } from "../../shared/protocol.ts";
import { type Role, roles } from "../database/control/tokens.ts";

export interface Principal {
  /** What the audit calls it: `admin` for ADMIN_TOKEN, `token NAME`, or who signed in. */
  name: string;
  role: Role;
  /** The schools it is limited to; `null`: all of them, those to come too. */
  schools: readonly { id: SchoolId; slug: string }[] | null;
  /** When it ends, ISO 8601 UTC; `null`: never. */
  expiresAt: string | null;
  /** When a person signed in, ISO 8601 UTC; left out for a token that was sent along. */
  signedInAt?: string;
}

export function setPrincipal(c: Context, principal: Principal): void {
  c.set("principal", principal);
}

/** Who sent this request. Only behind the door: elsewhere nobody has been asked yet. */
export function principalOf(c: Context): Principal {
  const principal = c.get("principal") as Principal | undefined;
  if (!principal) throw new Error("nobody was asked who they are before this route");
  return principal;
}

/** The ids of the schools that a principal is limited to; `undefined`: it sees all. */
export function schoolIds({ schools }: Principal): SchoolId[] | undefined {
  return schools?.map(({ id }) => id);
}

export function hasRole({ role }: Principal, wanted: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(wanted);
}
