// SPEC section 2: two sessions writing one name, over two real connections.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SFTPWrapper } from "ssh2";
import { openHome } from "../../../bridge/home/school-home.ts";
import { listBlobs } from "../../../bridge/vault/blob/blob.ts";
import { call, connect, openSftp, startWorld } from "../sftp/harness.ts";
import { get, put, sender, type TestHomes, testHomes } from "./keeper.ts";
import { idOfSchool } from "../school-id.ts";
import { until } from "../../until.ts";

const ROUNDS = 40;
const PATH = "/inbound/roster.txt";

async function overTwoConnections(
  work: (homes: TestHomes, one: SFTPWrapper, two: SFTPWrapper) => Promise<void>,
): Promise<void> {
  await using homes = await testHomes();
  await using world = await startWorld({
    enter: ({ schoolId }) => openHome(homes.keeper, schoolId, sender),
  });
  const clients = [await connect(world.server.port), await connect(world.server.port)] as const;
  await work(homes, await openSftp(clients[0]), await openSftp(clients[1]));
  for (const client of clients) client.end();
}

/** Uploads as clients do, with the WRITE and the CLOSE sent right behind each other. */
async function upload(sftp: SFTPWrapper, text: string): Promise<string | undefined> {
  const handle = await call<Buffer>((done) => sftp.open(PATH, "w", done));
  const bytes = Buffer.from(text);
  const [, closed] = await Promise.allSettled([
    call((done) => sftp.write(handle, bytes, 0, bytes.length, 0, done)),
    call((done) => sftp.close(handle, done)),
  ]);
  if (closed.status === "fulfilled") return text;
  assert.match(String(closed.reason), /later request/);
  return undefined;
}

test("two connections that overwrite one name at the same moment: what was closed OK last is what is there", () =>
  overTwoConnections(async (homes, one, two) => {
    const home = homes.home();
    for (let round = 0; round < ROUNDS; round++) {
      await put(home, PATH, "the version before");
      const texts = await Promise.all([
        upload(one, `one ${round} `.repeat(2_000)),
        upload(two, `two ${round}`),
      ]);
      const closed = texts.filter((text) => text !== undefined);
      assert.ok(closed.length > 0, "the later one wins");
      const text = await get(home, PATH);
      assert.ok(
        closed.includes(text),
        `round ${round}: ${text.slice(0, 20)} was refused and is there`,
      );
      assert.equal(homes.catalog.find(idOfSchool(1), PATH)!.size, text.length);
    }
  }));

test("one connection opens a name that another deletes: nothing is left over", () =>
  overTwoConnections(async (homes, one, two) => {
    const home = homes.home();
    for (let round = 0; round < ROUNDS; round++) {
      await put(home, PATH, "the version before");
      const [text] = await Promise.all([
        upload(one, "secret ".repeat(20_000)).catch((error) => {
          assert.match(String(error), /was deleted/);
        }),
        call((done) => two.unlink(PATH, done)).catch(() => {}),
      ]);
      const there = homes.catalog.find(idOfSchool(1), PATH);
      if (there?.state === "closed") assert.equal(await get(home, PATH), text);
      if (there) await home.remove(PATH);
    }
    await until(() => homes.catalog.doomedBlobs().length === 0);
    for await (const blob of listBlobs(homes.keeper.vault.folder)) assert.fail(`orphan ${blob}`);
    assert.deepEqual(homes.logged, []);
  }));
