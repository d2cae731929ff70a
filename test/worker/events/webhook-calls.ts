/** What the tests of webhooks ask the worker, and how they look at what was received. */
import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import type { Post } from "../../../worker/events/outgoing.ts";
import type { Received, TellingWorld } from "./telling-world.ts";

export const HOUR = 3_600_000;

export async function addWebhook(world: TellingWorld, body: Record<string, unknown>) {
  const answer = await world.admin("POST", "/admin/webhooks", body);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body as { id: string; secret: string };
}

/** A post that never comes back, and when somebody has sent something with it. */
export function hangingPost(): { post: Post; sending: Promise<void> } {
  let sent = () => {};
  const sending = new Promise<void>((resolve) => sent = resolve);
  const post = () => {
    sent();
    return new Promise<never>(() => {});
  };
  return { post, sending };
}

export async function deliveries(world: TellingWorld, id: string) {
  const { body } = await world.admin("GET", `/admin/webhooks/${id}/deliveries`);
  // deno-lint-ignore no-explicit-any
  return body.items as any[];
}

export function verified(secret: string, { body, headers }: Received) {
  // The reference implementation checks the time against the real clock, which tests do not have.
  const webhook = new Webhook(secret);
  const at = new Date(Number(headers["webhook-timestamp"]) * 1000);
  const expected = webhook.sign(String(headers["webhook-id"]), at, body);
  assert.ok(String(headers["webhook-signature"]).split(" ").includes(expected));
  return JSON.parse(body);
}
