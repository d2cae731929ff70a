/** The worker's app with a clock that stands still, and a way to call it. */
import type { Client } from "@libsql/client";
import { BRIDGE_HEADER, PROTOCOL, PROTOCOL_HEADER } from "../../shared/protocol.ts";
import { createApp } from "../../worker/app.ts";
import { createBell } from "../../worker/bridge/bell.ts";
import type { WorkerContext } from "../../worker/context.ts";

export const adminToken = "admin-token";
export const bridgeToken = "bridge-token";

/** What every call of a bridge says; administrators' calls may say it too. */
export const bridgeHeaders = {
  [PROTOCOL_HEADER]: String(PROTOCOL),
  [BRIDGE_HEADER]: "0b1d9e60-0000-4000-8000-000000000001",
};

export interface Logged {
  event: string;
  [field: string]: unknown;
}

export interface AppUnderTest {
  app: ReturnType<typeof createApp>;
  context: WorkerContext;
  logged: Logged[];
  /** What `now()` tells; tests move it. */
  clock: { now: number };
  admin(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  bridge(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
}

export interface Answer {
  status: number;
  headers: Headers;
  /** The JSON that was answered; `undefined` when the answer is empty. */
  // deno-lint-ignore no-explicit-any
  body: any;
}

export function appUnderTest(
  database: Client,
  overrides: Partial<WorkerContext> = {},
): AppUnderTest {
  const logged: Logged[] = [];
  const clock = { now: Date.parse("2026-11-22T10:15:30.123Z") };
  const context: WorkerContext = {
    database,
    bridges: [{ name: "default", token: bridgeToken }],
    bell: createBell(),
    adminToken,
    // The clock stands still.
    requestsPerMinute: 1_000_000,
    keyTypes: ["rsa"],
    sliceRows: 5000,
    now: () => clock.now,
    wait: () => Promise.resolve(),
    randomId: () => crypto.randomUUID(),
    log: (event, fields) => logged.push({ event, ...fields }),
    allowPrivateWebhooks: false,
    hasMail: false,
    ...overrides,
  };
  const app = createApp(context);
  const caller = (token: string): AppUnderTest["admin"] => async (method, path, body, headers) =>
    await answerOf(
      await app.fetch(
        new Request(`http://worker.test${path}`, {
          method,
          headers: { authorization: `Bearer ${token}`, ...bridgeHeaders, ...headers },
          ...(body === undefined
            ? {}
            : { body: typeof body === "string" ? body : JSON.stringify(body) }),
        }),
      ),
    );
  return { app, context, logged, clock, admin: caller(adminToken), bridge: caller(bridgeToken) };
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === "" ? undefined : JSON.parse(text),
  };
}
