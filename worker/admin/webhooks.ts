/** Webhooks: where what happens is sent, what became of it, and sending it again (SPEC section 10). */
import { Hono } from "hono";
import * as v from "valibot";
import { oneLine, strictObject } from "../given.ts";
import { instant, type WorkerContext } from "../context.ts";
import {
  listDeliveries,
  replayDelivery,
  replayFailed,
  type StoredDelivery,
} from "../database/control/webhook-deliveries.ts";
import {
  addWebhook,
  auditWebhook,
  changeWebhook,
  deleteWebhook,
  listWebhooks,
  type Webhook,
  webhookById,
} from "../database/control/webhooks.ts";
import { type Kind, kinds } from "../database/school/occurrences.ts";
import { GIVE_UP_MS } from "../events/backoff.ts";
import { urlFault } from "../events/target.ts";
import { newSecret } from "../events/signature.ts";
import { readJson } from "../http/body.ts";
import { describes, pageOf } from "../http/describe.ts";
import { needs } from "./needs.ts";
import { HttpProblem } from "../http/problem.ts";
import { author } from "./author.ts";
import { findSchool } from "./find-school.ts";
import { PAGE, readPage, writePage } from "./page.ts";
import { Delivery, Replayed, Webhook as WebhookShape, WebhookWithSecret } from "./shapes/told.ts";

const kindNames = Object.keys(kinds) as Kind[];

const Kinds = v.nullable(
  v.pipe(
    v.array(v.picklist(kindNames, `a kind is one of ${kindNames.join(", ")}`)),
    v.minLength(1, "leave it out, or write null, for every kind"),
  ),
);
const Url = v.pipe(oneLine(), v.maxLength(2_000, "a URL has at most 2000 characters"));
const Description = v.pipe(oneLine(), v.maxLength(200));

const NewWebhook = strictObject({
  url: Url,
  /** A school's slug; left out: all schools. */
  school: v.optional(v.nullable(v.string())),
  kinds: v.optional(Kinds, null),
  description: v.optional(Description, ""),
});

const Change = strictObject({
  url: v.optional(Url),
  kinds: v.optional(Kinds),
  description: v.optional(Description),
  state: v.optional(v.picklist(["on", "off"], "a webhook is on or off")),
  /** A new secret; the one before signs as well for a day. */
  rotateSecret: v.optional(v.literal(true, "write true, or leave it out")),
});

const Replay = strictObject({
  /** What failed since then is sent again. */
  since: v.pipe(v.string(), v.isoTimestamp("an instant such as 2026-11-22T00:00:00Z")),
});

/** So long the secret before signs as well, in milliseconds. */
const ROTATION_MS = 24 * 3_600_000;
/** So many are sent again by one call. */
const MOST_REPLAYED = 1_000;

export function webhookRoutes(context: WorkerContext): Hono {
  const { database, now, randomId, allowPrivateWebhooks } = context;
  const routes = new Hono();

  routes.post(
    "/webhooks",
    needs("admin", "all"),
    describes({
      summary: "Adds a webhook, in the Standard Webhooks format",
      body: NewWebhook,
      answers: { 201: WebhookWithSecret },
      refuses: { 400: ["webhook_url"], 404: ["school_unknown"] },
    }),
    async (c) => {
      const { url, school, kinds, description } = await readJson(c, NewWebhook);
      checkUrl(url, allowPrivateWebhooks);
      const schoolId = school == null ? null : (await findSchool(database, school)).id;
      const secret = randomSecret();
      const id = `whk_${randomId()}`;
      const webhook = { id, schoolId, url, kinds, description, secret };
      await addWebhook(database, webhook, author(c, now()));
      const stored = await findWebhook(id);
      return c.json({ ...stored, secret }, 201, { location: `/admin/webhooks/${id}` });
    },
  );

  routes.get(
    "/webhooks",
    needs("viewer", "all"),
    describes({
      summary: "Lists the webhooks",
      query: PAGE,
      answers: { 200: pageOf(WebhookShape) },
    }),
    async (c) => {
      const page = readPage(c, v.tuple([v.string(), v.string()]));
      const webhooks = await listWebhooks(database, page);
      return c.json(
        writePage(webhooks, page, ({ createdAt, id }) => [createdAt, id], (one) => one),
      );
    },
  );

  routes.get(
    "/webhooks/:id",
    needs("viewer", "all"),
    describes({
      summary: "Shows a webhook",
      answers: { 200: WebhookShape },
      refuses: { 404: ["webhook_unknown"] },
    }),
    async (c) => c.json(await findWebhook(c.req.param("id"))),
  );

  routes.patch(
    "/webhooks/:id",
    needs("admin", "all"),
    describes({
      summary: "Changes a webhook, or its secret",
      body: Change,
      answers: { 200: WebhookWithSecret },
      refuses: { 400: ["webhook_url"], 404: ["webhook_unknown"] },
    }),
    async (c) => {
      const { id } = await findWebhook(c.req.param("id"));
      const { rotateSecret, ...change } = await readJson(c, Change);
      if (change.url !== undefined) checkUrl(change.url, allowPrivateWebhooks);
      const secret = rotateSecret ? randomSecret() : undefined;
      const rotation = secret === undefined
        ? undefined
        : { secret, previousUntil: instant(now() + ROTATION_MS) };
      await changeWebhook(database, id, { ...change, rotation }, author(c, now()));
      context.tell?.();
      return c.json({ ...await findWebhook(id), ...(secret ? { secret } : {}) });
    },
  );

  routes.delete(
    "/webhooks/:id",
    needs("admin", "all"),
    describes({
      summary: "Forgets a webhook and what waits for it",
      answers: { 204: null },
      refuses: { 404: ["webhook_unknown"] },
    }),
    async (c) => {
      const { id } = await findWebhook(c.req.param("id"));
      await deleteWebhook(database, id, author(c, now()));
      return c.body(null, 204);
    },
  );

  routes.get(
    "/webhooks/:id/deliveries",
    needs("viewer", "all"),
    describes({
      summary: "Lists what was sent to a webhook, with each attempt",
      query: { ...PAGE, state: v.optional(v.picklist(["waiting", "delivered", "failed"])) },
      answers: { 200: pageOf(Delivery) },
      refuses: { 404: ["webhook_unknown"] },
    }),
    async (c) => {
      const { id } = await findWebhook(c.req.param("id"));
      const page = readPage(c, v.tuple([v.string(), v.string()]));
      const state = readState(c.req.query("state"));
      const deliveries = await listDeliveries(database, id, page, state);
      return c.json(
        writePage(deliveries, page, (last) => [last.createdAt, last.id], deliveryAnswer),
      );
    },
  );

  routes.post(
    "/webhooks/:id/deliveries/:delivery/replay",
    needs("admin", "all"),
    describes({
      summary: "Sends one delivery again",
      answers: { 202: Replayed },
      refuses: { 404: ["webhook_unknown", "delivery_unknown"] },
    }),
    async (c) => {
      const { id } = await findWebhook(c.req.param("id"));
      const delivery = c.req.param("delivery");
      const audit = auditWebhook(author(c, now()), "webhook.replayed", id, { delivery });
      if (!await replayDelivery(database, delivery, replayOf(id), audit)) {
        throw new HttpProblem(
          404,
          "delivery_unknown",
          `The webhook ${id} has no delivery ${delivery}; finished ones are kept for 30 days.`,
        );
      }
      context.tell?.();
      return c.json({ replayed: 1 }, 202);
    },
  );

  routes.post(
    "/webhooks/:id/replay",
    needs("admin", "all"),
    describes({
      summary: "Sends again what failed since a moment",
      body: Replay,
      answers: { 202: Replayed },
      refuses: { 404: ["webhook_unknown"] },
    }),
    async (c) => {
      const { id } = await findWebhook(c.req.param("id"));
      const since = instant(Date.parse((await readJson(c, Replay)).since));
      const audit = auditWebhook(author(c, now()), "webhook.replayed", id, { since });
      const replayed = await replayFailed(database, since, MOST_REPLAYED, replayOf(id), audit);
      context.tell?.();
      return c.json({ replayed }, 202);
    },
  );

  async function findWebhook(id: string): Promise<Webhook> {
    const webhook = await webhookById(database, id);
    if (webhook) return webhook;
    throw new HttpProblem(
      404,
      "webhook_unknown",
      `There is no webhook ${id}. GET /admin/webhooks lists them.`,
    );
  }

  function replayOf(webhookId: string) {
    return { webhookId, now: instant(now()), giveUpAt: instant(now() + GIVE_UP_MS) };
  }

  return routes;
}

function randomSecret(): string {
  return newSecret(crypto.getRandomValues(new Uint8Array(32)));
}

function checkUrl(url: string, allowPrivate: boolean): void {
  const fault = urlFault(url, allowPrivate);
  if (fault === undefined) return;
  throw new HttpProblem(
    400,
    "webhook_url",
    `The url cannot be used: ${fault}. It takes an https: URL whose address is public` +
      (allowPrivate ? ", or any other address, as WEBHOOK_ALLOW_PRIVATE is 1." : ".") +
      " Nothing was changed.",
  );
}

function readState(state: string | undefined): string | undefined {
  if (state === undefined || ["waiting", "delivered", "failed"].includes(state)) return state;
  throw new HttpProblem(
    400,
    "state_invalid",
    `state is ${JSON.stringify(state.slice(0, 80))}; it takes waiting, delivered or failed.`,
  );
}

function deliveryAnswer({ body, ...delivery }: StoredDelivery) {
  return { ...delivery, body: JSON.parse(body) };
}
