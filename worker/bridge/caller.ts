/** Which bridge calls, and what it speaks: the token says whose it is, the headers which catalog. */
import type { Context, MiddlewareHandler } from "hono";
import * as v from "valibot";
import { BRIDGE_HEADER, PROTOCOL, PROTOCOL_HEADER } from "../../shared/protocol.ts";
import type { BridgeToken } from "../context.ts";
import { HttpProblem } from "../http/problem.ts";

export interface CallingBridge {
  /** Whose token it has; schools have a bridge by this name. */
  name: string;
  /** The UUID of its catalog: a bridge that begins anew is another one. */
  id: string;
  protocol: number;
}

const Uuid = v.pipe(v.string(), v.uuid());

/** After `bearer`: who called, for `callingBridge`; every answer says this worker's protocol. */
export function identifyBridge(tokens: readonly BridgeToken[]): MiddlewareHandler {
  return async (c, next) => {
    const given = /^Bearer +(\S+) *$/i.exec(c.req.header("authorization") ?? "")?.[1];
    const name = tokens.find(({ token }) => token === given)?.name ?? "";
    const protocol = Number(c.req.header(PROTOCOL_HEADER));
    const id = c.req.header(BRIDGE_HEADER);
    if (!Number.isInteger(protocol) || protocol < 1 || !v.is(Uuid, id)) {
      throw new HttpProblem(
        400,
        "bridge_unknown",
        `A bridge says with each call what it speaks (${PROTOCOL_HEADER}, a number) and who it is ` +
          `(${BRIDGE_HEADER}, a UUID).`,
      );
    }
    c.set("bridge", { name, id, protocol } satisfies CallingBridge);
    await next();
    c.res.headers.set(PROTOCOL_HEADER, String(PROTOCOL));
  };
}

export function callingBridge(c: Context): CallingBridge {
  return c.get("bridge");
}
