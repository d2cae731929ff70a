/** `npm run routes`: the worker's HTTP routes, as the app itself has them. */
import { createBell } from "../worker/bridge/bell.ts";
import { createClient } from "@libsql/client";
import { createApp } from "../worker/app.ts";
import { readWords } from "./words.ts";

readWords(process.argv.slice(2), [], "npm run routes lists the worker's HTTP routes.");

/** `GET /admin/schools`, each once, in the order of their paths. */
export function routes(): string[] {
  const app = createApp({
    database: createClient({ url: ":memory:" }), // no request is made, so nothing is asked of it
    bridges: [],
    bell: createBell(),
    adminToken: "",
    keyTypes: [],
    sliceRows: 1,
    wait: () => Promise.resolve(),
    now: () => 0,
    randomId: () => "",
    log: () => {},
    allowPrivateWebhooks: false,
    hasMail: false,
  });
  const answered = app.routes.filter(({ method, path }) => method !== "ALL" && !path.endsWith("*"));
  const lines = new Set(answered.map(({ method, path }) => `${path} ${method}`));
  return [...lines].sort().map((line) => {
    const [path, method] = line.split(" ");
    return `${method!.padEnd(6)} ${path}`;
  });
}

console.log(routes().join("\n"));
