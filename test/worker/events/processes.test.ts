import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import type { Client } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";
import { openDatabase } from "../../../worker/database/client.ts";
import { tell } from "../../../worker/database/school/occurrences.ts";
import { hasSqld, type Sqld, startSqld } from "../database/sqld.ts";
import {
  EDGE_PERMISSIONS,
  type RuntimeName,
  spawnWorker,
  type WorkerProcess,
} from "../worker-process.ts";
import { type Mailbox, type Receiver, startMailbox, startReceiver } from "./telling-world.ts";

const headers = { authorization: "Bearer admin-token-0000001" };
const since = "2026-11-20T00:00:00.000Z";
const facts = { silentSince: since };

function callAt(address: string) {
  return async (path: string, body: unknown, method = "POST") => {
    const answer = await fetch(`${address}/admin${path}`, {
      method,
      headers,
      body: JSON.stringify(body),
    });
    assert.ok(answer.ok, await answer.clone().text());
    await answer.body?.cancel();
  };
}

describe("telling as real processes", {
  skip: hasSqld ? false : "there is no sqld for this platform",
}, () => {
  let sqld: Sqld;
  let client: Client;
  let mailbox: Mailbox;
  let receiver: Receiver;
  before(async () => {
    [sqld, mailbox, receiver] = await Promise.all([
      startSqld(),
      startMailbox(),
      startReceiver(),
    ]);
    client = await openDatabase({ url: sqld.url });
  });
  after(async () => {
    client.close();
    await Promise.all([sqld.stop(), mailbox.stop(), receiver.stop()]);
  });

  async function schoolIdOf(slug: string): Promise<SchoolId> {
    const { rows: [row] } = await client.execute({
      sql: "SELECT id FROM schools WHERE slug = ?",
      args: [slug],
    });
    return Number(row!["id"]) as SchoolId;
  }

  function start(runtime: RuntimeName, settings: Record<string, string> = {}): WorkerProcess {
    return spawnWorker(runtime, {
      BRIDGE_TOKEN: "bridge-token-000001",
      ADMIN_TOKEN: "admin-token-0000001",
      PORT: "0",
      DATABASE_URL: sqld.url,
      SMTP_URL: `smtp://127.0.0.1:${mailbox.port}`,
      MAIL_FROM: "Rosterbridge <no-reply@roster.test>",
      PUBLIC_URL: "https://roster.test",
      WEBHOOK_ALLOW_PRIVATE: "1",
      ...settings,
    }, EDGE_PERMISSIONS);
  }

  for (const runtime of ["deno", "node"] as RuntimeName[]) {
    test(`on ${runtime} with no permission but network and environment, what happens is told at once`, async () => {
      const worker = start(runtime);
      try {
        const at = String((await worker.event("listening"))["address"]);
        const call = callAt(at);
        const slug = `told-on-${runtime}`;
        await call("/schools", { slug, name: "Told College" });
        await call(`/schools/${slug}/contacts`, { email: "ruth@college.test", wants: ["silent"] });
        const schoolId = await schoolIdOf(slug);
        // Before it happens: what was told before a webhook was there does not come to it.
        await call("/webhooks", { url: receiver.url, school: slug });
        const heard = receiver.received.length;
        await client.execute(
          tell({ kind: "school.heard", schoolId, subject: "1", at: since, facts }),
        );
        // A call that changes something has the worker look for what there is to tell.
        await call(`/schools/${slug}`, { name: "Told College of Nursing" }, "PATCH");
        await receiver.count(heard + 1);
        assert.equal(JSON.parse(receiver.received.at(-1)!.body).data.school, slug);
        await mailbox.count(runtime === "deno" ? 1 : 2);
        assert.deepEqual(mailbox.mails.at(-1)!.to, ["ruth@college.test"]);
      } finally {
        worker.process.kill("SIGKILL");
        await worker.ended;
      }
    });
  }

  for (const runtime of ["deno", "node"] as RuntimeName[]) {
    test(`on ${runtime}, asked to end while a webhook and a mail server say nothing, it gives back what it had in hand`, async () => {
      const [hook, post] = [await startSilence(), await startSilence()];
      const worker = start(runtime, { SMTP_URL: `smtp://127.0.0.1:${post.port}` });
      try {
        const at = String((await worker.event("listening"))["address"]);
        const call = callAt(at);
        const slug = `ended-on-${runtime}`;
        await call("/schools", { slug, name: "Ended College" });
        await call(`/schools/${slug}/contacts`, { email: "ruth@college.test", wants: ["silent"] });
        await call("/webhooks", { url: `http://127.0.0.1:${hook.port}/hook`, school: slug });
        const schoolId = await schoolIdOf(slug);
        await client.execute(
          tell({ kind: "school.heard", schoolId, subject: "1", at: since, facts }),
        );
        await call(`/schools/${slug}`, { name: "Ended College of Nursing" }, "PATCH");
        await Promise.all([hook.called, post.called]);
        worker.process.kill("SIGTERM");
        assert.equal(await worker.ended, 0);
        const { rows: [row] } = await client.execute({
          sql: `SELECT
              (SELECT count(*) FROM webhook_deliveries WHERE school_id = ?1 AND state = 'waiting')
                AS deliveries,
              (SELECT count(*) FROM mails WHERE school_id = ?1 AND state = 'waiting') AS mails,
              (SELECT count(*) FROM webhook_deliveries WHERE school_id = ?1 AND lease IS NOT NULL)
                + (SELECT count(*) FROM mails WHERE school_id = ?1 AND lease IS NOT NULL) AS leased`,
          args: [schoolId],
        });
        assert.deepEqual({ ...row }, { deliveries: 1, mails: 1, leased: 0 });
      } finally {
        worker.process.kill("SIGKILL");
        await Promise.all([worker.ended, hook.stop(), post.stop()]);
      }
    });
  }
});

/** Takes connections and says nothing. */
async function startSilence() {
  let isCalled!: () => void;
  const called = new Promise<void>((resolve) => isCalled = resolve);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {/* it is cut off */}));
    isCalled();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    called,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
