/** What every page of the console is given. */
import type { Context } from "hono";
import type { Asking } from "./ask.ts";
import type { Reader } from "./parts/page.tsx";
import type { Typed } from "./parts/form.tsx";

export interface Desk {
  ask(c: Context): Asking;
  reader(c: Context): Reader;
  now(): number;
}

/** The fields of a form, as text; those that were left out are empty. */
export async function typed(c: Context): Promise<Typed> {
  const fields = await c.req.parseBody({ all: true });
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      (Array.isArray(value) ? value : [value]).filter((one) => typeof one === "string").join(","),
    ]),
  );
}

/** After a change: the page it is seen on, which says what was done. */
export function done(c: Context, path: string, said: string): Response {
  return c.redirect(`${path}${path.includes("?") ? "&" : "?"}done=${said}`, 303);
}

/** What pages say after a change; nothing else is taken from the address. */
const sentences: Record<string, string> = {
  created: "The school is made.",
  saved: "Saved.",
  "key-added": "The key is registered; it opens the door within two seconds.",
  "key-revoked": "The key is revoked: out within two seconds, and it never comes back.",
  removed: "Removed.",
  asked: "The bridge is asked to remove it.",
  suspended: "The school is suspended; its sessions are closed.",
  admitted: "It may come in again.",
  purging: "The school is being deleted; the ledger says when all of it is gone.",
  released: "The upload is released and goes on.",
  discarded: "The upload is given up; its report says so.",
  retried: "The upload is tried again.",
  reverted: "What the upload changed was put back, as far as it could be.",
  exported: "An export is made; the bridge puts it into /outbound.",
  delivered: "The file is delivered again.",
  verified: "The students are marked verified.",
  withdrawn: "The verification is withdrawn.",
  scheduled: "The schedule is set.",
  unscheduled: "The schedule is removed.",
  replayed: "It is sent again.",
};

export function saidOf(c: Context): string | undefined {
  return sentences[c.req.query("done") ?? ""];
}

/** `/console/schools/springfield` and below. */
export function schoolPath(slug: string, below = ""): string {
  return `/console/schools/${encodeURIComponent(slug)}${below}`;
}

/** The admin route of a school. */
export function schoolRoute(slug: string, below = ""): string {
  return `/admin/schools/${encodeURIComponent(slug)}${below}`;
}
