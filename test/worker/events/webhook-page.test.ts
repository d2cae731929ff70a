/** What docs/webhooks.md has a receiver look at, run as it stands there over what was delivered. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { openDatabase } from "../../../worker/database/client.ts";
import { migrate } from "../../../worker/database/migrate.ts";
import { type Received, startReceiver, tellingWorld } from "./telling-world.ts";
import { addWebhook, HOUR } from "./webhook-calls.ts";

type IsOurs = (secret: string, received: Received) => Promise<boolean>;

const page = await readFile(new URL("../../../docs/webhooks.md", import.meta.url), "utf8");
const block = (language: string) =>
  new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "ms").exec(page)![1]!;

const inNode: IsOurs = async (secret, { headers, body }) => {
  const { isOurs } = await import(`data:text/javascript,${encodeURIComponent(block("js"))}`);
  return isOurs(secret, headers, Buffer.from(body));
};

const inPython: IsOurs = (secret, { headers, body }) => {
  const ask = "import json, sys\nsecret, headers, body = json.load(sys.stdin)\n" +
    "print(is_ours(secret, headers, body.encode()))";
  const input = JSON.stringify([secret, headers, body]);
  const ended = spawnSync("python3", ["-c", block("python") + ask], { input, encoding: "utf8" });
  assert.equal(ended.status, 0, ended.stderr ?? String(ended.error));
  return Promise.resolve(ended.stdout === "True\n");
};

const withoutPython = spawnSync("python3", ["--version"]).error
  ? "there is no python3 on this machine"
  : false;

for (
  const [language, isOurs, skip] of [
    ["Node", inNode, false],
    ["Python", inPython, withoutPython],
  ] as const
) {
  test(
    `a receiver in ${language}, as docs/webhooks.md has it, knows what is ours`,
    { skip },
    async () => {
      const database = await openDatabase({ url: "file::memory:" });
      await migrate(database, new Date().toISOString());
      const world = tellingWorld(database);
      const { id: schoolId, slug } = await world.school();
      const receiver = await startReceiver();
      try {
        const { id, secret } = await addWebhook(world, { url: receiver.url, school: slug });
        const delivery = async (at: number): Promise<Received> => {
          world.clock.now = at;
          await world.happen({ schoolId, subject: String(receiver.received.length) });
          await world.teller.run();
          return receiver.received.at(-1)!;
        };
        const received = await delivery(Date.now());
        assert.equal(await isOurs(secret, received), true);

        const { headers, body } = received;
        const others: Received[] = [
          { ...received, body: body.replace(slug, "another") },
          { ...received, headers: { ...headers, "webhook-id": "msg_0-0" } },
          { ...received, headers: { ...headers, "webhook-signature": "v1,é v1" } },
          { ...received, headers: {} },
        ];
        for (const other of others) assert.equal(await isOurs(secret, other), false);

        const rotated = await world.admin("PATCH", `/admin/webhooks/${id}`, { rotateSecret: true });
        const { secret: newer } = rotated.body;
        assert.equal(await isOurs(newer, received), false);
        const signedTwice = await delivery(Date.now());
        for (const either of [secret, newer]) assert.equal(await isOurs(either, signedTwice), true);

        assert.equal(await isOurs(secret, await delivery(Date.now() - HOUR)), false);
      } finally {
        await receiver.stop();
        database.close();
      }
    },
  );
}
