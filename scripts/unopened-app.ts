/** The worker's app for asking what routes it has; no request is made, so nothing is asked of its database. */
import { createClient } from "@libsql/client";
import { createApp } from "../worker/app.ts";
import { createBell } from "../worker/bridge/bell.ts";

export function unopenedApp() {
  return createApp({
    database: createClient({ url: ":memory:" }),
    bridges: [],
    bell: createBell(),
    adminToken: "",
    keyTypes: [],
    sliceRows: 1,
    wait: () => Promise.resolve(),
    now: () => 0,
    randomId: () => "",
    log: () => {},
    requestsPerMinute: 1_000_000,
    allowPrivateWebhooks: false,
    hasMail: false,
  });
}
