import type { Context } from "hono";
import type { Author } from "../database/control/audit.ts";
import { instant } from "../context.ts";
import { principalOf } from "../http/principal.ts";

/**
 * Who makes a change: the principal that was let in, and behind "for" whom it speaks for, if it says so
 * in `X-Actor`. That is the caller's own word and goes no further than the audit trail.
 */
export function author(c: Context, now: number): Author {
  const { name } = principalOf(c);
  // deno-lint-ignore no-control-regex
  const said = (c.req.header("x-actor") ?? "").replace(/[\x00-\x1f\x7f]/g, "").trim().slice(0, 200);
  return { actor: said ? `${name} for ${said}` : name, at: instant(now) };
}
