// DESIGN, "Admin routes": what the overview and the metrics say of exports that lie in /outbound.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { adminToken, appUnderTest } from "../app-under-test.ts";
import { teller } from "../bridge/told.ts";
import { eachDatabase } from "../database/each-database.ts";

const WEEK_MS = 7 * 86_400_000;

interface Delivery {
  id: string;
  exportId: string;
  name: string;
  schoolId: number;
}

eachDatabase("exports that lie in /outbound", (database) => {
  /** A school to which exports are delivered, and what is said of those that lie. */
  async function school() {
    const world = appUnderTest(database().client);
    const slug = `lying-${randomUUID().slice(0, 8)}`;
    const created = await world.admin("POST", "/admin/schools", { slug, name: slug });
    assert.equal(created.status, 201);
    const by = teller();
    const at = () => new Date(world.clock.now).toISOString();
    const tell = async (events: object[], done: object[] = []) => {
      const told = { events: by.tell(...events), done };
      const taken = await world.bridge("POST", "/bridge/events", told, by.headers);
      assert.equal(taken.status, 200, JSON.stringify(world.logged));
    };
    const happens = ({ name, schoolId }: Delivery, what: object) =>
      tell([{ id: randomUUID(), at: at(), schoolId, path: `/outbound/${name}`, ...what }]);
    const deliver = async (exportId: string): Promise<Delivery> => {
      const asked = { directoryVersion: null, commands: [], room: 100, waitMs: 0 };
      const { body } = await world.bridge("POST", "/bridge/listen", asked, by.headers);
      const command = (body.commands as Delivery[]).find((one) => one.exportId === exportId)!;
      await happens(command, { type: "file", state: "complete", size: 33, sender: null });
      await tell([], [{ id: command.id, at: at() }]);
      return command;
    };
    const make = async () => {
      world.clock.now += 1000;
      return (await world.admin("POST", `/admin/schools/${slug}/exports`)).body.id as string;
    };
    const deliverAgain = async ({ exportId }: Delivery) => {
      await world.admin("POST", `/admin/exports/${exportId}/deliver`);
      return await deliver(exportId);
    };
    const lying = async () => {
      const { body } = await world.admin("GET", "/admin/overview");
      const own = (body.notDownloaded as { school: string; name: string }[])
        .filter((one) => one.school === slug);
      return own.map(({ name }) => name);
    };
    const counted = async () => {
      const headers = { authorization: `Bearer ${adminToken}` };
      const text = await (await world.app.request("/metrics", { headers })).text();
      return Number(/^rosterbridge_worker_exports_not_downloaded (\d+)$/m.exec(text)![1]);
    };
    return { ...world, slug, make, deliver, deliverAgain, happens, lying, counted };
  }

  const sender = { fingerprint: "SHA256:abc", address: "192.0.2.7", client: "OpenSSH" };

  test("are counted while they are there: not one that was fetched, nor one that was removed unread", async () => {
    const { make, deliver, happens, lying, counted, clock } = await school();
    const none = await counted();
    const fetched = await deliver(await make());
    const removed = await deliver(await make());
    const left = await deliver(await make());
    clock.now += WEEK_MS + 1000;
    assert.deepEqual(await lying(), [fetched.name, removed.name, left.name]);
    assert.equal(await counted(), none + 3);

    await happens(fetched, { type: "download", exportId: fetched.exportId, sender });
    await happens(removed, { type: "file", state: "removed", size: 0, sender });
    assert.deepEqual(await lying(), [left.name]);
    assert.equal(await counted(), none + 1);
  });

  test("one that was removed unread and is delivered again is counted again", async () => {
    const { make, deliver, deliverAgain, happens, lying, counted, clock } = await school();
    const none = await counted();
    const removed = await deliver(await make());
    await happens(removed, { type: "file", state: "removed", size: 0, sender: null });
    clock.now += WEEK_MS + 1000;
    assert.deepEqual([await lying(), await counted()], [[], none]);
    await deliverAgain(removed);
    assert.deepEqual([await lying(), await counted()], [[removed.name], none + 1]);
  });
});
