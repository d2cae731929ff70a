import assert from "node:assert/strict";
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

  function start(runtime: RuntimeName): WorkerProcess {
    return spawnWorker(runtime, {
      BRIDGE_TOKEN: "bridge-token-000001",
      ADMIN_TOKEN: "admin-token-0000001",
      PORT: "0",
      DATABASE_URL: sqld.url,
      SMTP_URL: `smtp://127.0.0.1:${mailbox.port}`,
      MAIL_FROM: "Rosterbridge <no-reply@roster.test>",
      PUBLIC_URL: "https://roster.test",
      WEBHOOK_ALLOW_PRIVATE: "1",
    }, EDGE_PERMISSIONS);
  }

  for (const runtime of ["deno", "node"] as RuntimeName[]) {
    test(`on ${runtime} with no permission but network and environment, what happens is told at once`, async () => {
      const worker = start(runtime);
      try {
        const at = String((await worker.event("listening"))["address"]);
        const call = async (path: string, body: unknown, method = "POST") => {
          const answer = await fetch(`${at}/admin${path}`, {
            method,
            headers,
            body: JSON.stringify(body),
          });
          assert.ok(answer.ok, await answer.clone().text());
          await answer.body?.cancel();
        };
        const slug = `told-on-${runtime}`;
        await call("/schools", { slug, name: "Told College" });
        await call(`/schools/${slug}/contacts`, { email: "ruth@college.test", wants: ["silent"] });
        const { rows: [row] } = await client.execute({
          sql: "SELECT id FROM schools WHERE slug = ?",
          args: [slug],
        });
        const schoolId = Number(row!["id"]) as SchoolId;
        // Before it happens: what was told before a webhook was there does not come to it.
        await call("/webhooks", { url: receiver.url, school: slug });
        const silentSince = "2026-11-20T00:00:00.000Z";
        const heard = receiver.received.length;
        await client.execute(tell({
          kind: "school.heard",
          schoolId,
          subject: "1",
          at: silentSince,
          facts: { silentSince },
        }));
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
});
