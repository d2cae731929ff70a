import type { Context } from "hono";
import type { Author } from "../database/control/audit.ts";
import { instant } from "../context.ts";

/**
 * Who makes a change: the `X-Actor` header of a caller that speaks for several people, or `admin`.
 * It is the caller's own word and goes no further than the audit trail.
 */
export function author(c: Context, now: number): Author {
  // deno-lint-ignore no-control-regex
  const said = (c.req.header("x-actor") ?? "").replace(/[\x00-\x1f\x7f]/g, "").trim().slice(0, 200);
  return { actor: said || "admin", at: instant(now) };
}
