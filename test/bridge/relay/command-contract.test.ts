// What every command of the worker does on the bridge, whichever it is: it is acknowledged once it is
// done and not before, done twice it does no harm, and it touches no other school.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { removeFile } from "../../../bridge/home/removal.ts";
import type { CommandContext, CommandOf, Handler } from "../../../bridge/relay/commands/command.ts";
import { handlers } from "../../../bridge/relay/commands/queue.ts";
import { Outbox } from "../../../bridge/relay/outbox.ts";
import { workerClient } from "../../../bridge/relay/worker-client.ts";
import { KeyRotation } from "../../../bridge/vault/key-rotation.ts";
import type { Command, ExportId, UploadId } from "../../../shared/protocol.ts";
import { get, names, put, type TestHomes, testHomes } from "../home/keeper.ts";
import { idOfSchool } from "../school-id.ts";

const own = idOfSchool(1);
const other = idOfSchool(2);
const EXPORT = "Username,StudentId,VerifyDate\r\n";

type Uploads = Map<number, UploadId>;

interface Case<Type extends Command["type"]> {
  /** What is asked, as far as it is this command's own. */
  asked(uploads: Uploads): Omit<CommandOf<Type>, "id" | "schoolId" | "type">;
  /** The same, as nobody can carry it out; none where there is no such thing. */
  impossible?(
    uploads: Uploads,
    homes: TestHomes,
  ): Omit<CommandOf<Type>, "id" | "schoolId" | "type">;
  /** What it needs, while that cannot be had. */
  away: Partial<CommandContext>;
  /** Is it done? */
  isDone(homes: TestHomes, uploads: Uploads): Promise<boolean>;
}

const away = () => Promise.reject(new Error("away"));

const cases: { [Type in Command["type"]]: Case<Type> } = {
  deliver: {
    asked: () => delivery("verified.csv"),
    impossible: () => delivery("../verified.csv"),
    away: { worker: { download: noDownload } as unknown as CommandContext["worker"] },
    isDone: async ({ home }) => await text(home(own), "/outbound/verified.csv") === EXPORT,
  },
  remove: {
    asked: () => ({ path: "/inbound/kept.txt" }),
    // The roster has been accepted and waits under another name.
    impossible: (_uploads, { catalog }) => {
      const roster = catalog.filesInState("processing").find(({ schoolId }) => schoolId === own);
      return { path: roster!.path };
    },
    away: { remove: away },
    isDone: async ({ home }) => await text(home(own), "/inbound/kept.txt") === undefined,
  },
  purge: {
    asked: () => ({}),
    away: { outbox: { forget: away } as unknown as Outbox },
    isDone: async ({ home, catalog }) =>
      (await names(home(own))).length === 0 && catalog.keys.load(own).length === 0 &&
      catalog.outbox().every(({ schoolId }) => schoolId !== own),
  },
  resume: {
    asked: (uploads) => ({ uploadId: uploads.get(own)! }),
    impossible: () => ({ uploadId: randomUUID() as UploadId }),
    away: {
      outbox: {
        goOn() {
          throw new Error("away");
        },
      } as unknown as Outbox,
    },
    isDone: ({ catalog }, uploads) =>
      Promise.resolve(catalog.outboxEntry(uploads.get(own)!)?.state === "next"),
  },
  rotate_key: {
    asked: () => ({}),
    away: { rotation: { begin: away } },
    isDone: ({ catalog }) =>
      Promise.resolve(catalog.keys.load(own).some(({ version }) => version > 1)),
  },
};

function delivery(name: string) {
  return { folder: "/outbound", name, href: "/file", exportId: randomUUID() as ExportId };
}

// deno-lint-ignore require-yield
async function* noDownload(): AsyncGenerator<Uint8Array> {
  await away();
}

async function* download(): AsyncGenerator<Uint8Array> {
  yield Buffer.from(EXPORT);
  await Promise.resolve();
}

async function text(home: ReturnType<TestHomes["home"]>, path: string) {
  return await get(home, path).catch(() => undefined);
}

/** Two schools, each with a file that is kept and a roster that is held, and what a command needs. */
async function bridge() {
  const homes = await testHomes();
  const { catalog, keeper } = homes;
  const { vault } = keeper;
  for (const school of [own, other]) {
    const home = homes.home(school);
    await put(home, "/inbound/kept.txt", `of ${school}`);
    await put(home, "/inbound/roster.csv", `rows of ${school}`);
    await home.leave();
  }
  const uploads: Uploads = new Map(
    catalog.outbox().map(({ schoolId, uploadId }) => [schoolId, uploadId]),
  );
  for (const uploadId of uploads.values()) catalog.setOutboxState(uploadId, "held");
  const log = () => {};
  const client = workerClient({
    ...{ url: "http://127.0.0.1:1", token: "t".repeat(16), now: Date.now },
    bridgeId: () => catalog.identity.id,
  });
  const worker = { ...client, download };
  const outbox = new Outbox({
    ...{ vault, worker, log, now: Date.now, random: () => 0, concurrency: 1, sliceBytes: 1024 },
    slugOf: (school) => `school-${school}`,
    laneOf: () => "roster",
    maxExpandedBytes: 1024,
  });
  const rotation = new KeyRotation({ vault, after: keeper.after, log });
  const context: CommandContext = {
    ...{ vault, worker, outbox, rotation },
    remove: (file, why) => removeFile(keeper, file, why),
    done: ({ id }, outcome = "done", why) => ({
      ...{ id, outcome, at: "2026-11-22T10:00:00Z", why: why ?? null },
    }),
  };
  return {
    ...{ homes, uploads, context },
    acknowledged: () =>
      catalog.commands.some(10).map(({ id, outcome, why }) => ({ id, outcome, why })),
    async [Symbol.asyncDispose]() {
      await Promise.all([outbox.stop(), rotation.stop()]);
      await homes[Symbol.asyncDispose]();
    },
  };
}

/** What the other school has: its files with their bytes, its uploads, its keys. */
async function othersBelongings({ homes }: Awaited<ReturnType<typeof bridge>>) {
  const { catalog } = homes;
  const home = homes.home(other);
  const paths = [...catalog.list(other, "/inbound"), ...catalog.list(other, "/outbound")]
    .map(({ path }) => path);
  return {
    files: await Promise.all(paths.map(async (path) => [path, await get(home, path)])),
    uploads: catalog.outbox().filter(({ schoolId }) => schoolId === other)
      .map(({ uploadId, state }) => [uploadId, state]),
    keys: catalog.keys.load(other).map(({ version }) => version),
  };
}

for (const type of Object.keys(handlers) as Command["type"][]) {
  const { asked, impossible, away, isDone } = cases[type] as Case<Command["type"]>;
  // Async, as the queue calls it: what is thrown at once is a failure like any other.
  const carryOut = async (command: Command, context: CommandContext) =>
    await (handlers[type] as Handler<Command["type"]>)(command, context);
  const command = (fields: ReturnType<typeof asked>) =>
    ({ ...fields, type, schoolId: own, id: randomUUID() }) as Command;

  test(`${type} is done when it is acknowledged, and twice does no harm`, async () => {
    await using it = await bridge();
    assert.equal(await isDone(it.homes, it.uploads), false);
    const once = command(asked(it.uploads));
    await carryOut(once, it.context);
    const done = { id: once.id, outcome: "done", why: null };
    assert.deepEqual(it.acknowledged(), [done]);
    assert.equal(await isDone(it.homes, it.uploads), true);
    await carryOut(once, it.context);
    assert.deepEqual(it.acknowledged(), [done]);
    assert.equal(await isDone(it.homes, it.uploads), true);
  });

  test(`${type} that cannot be done now is not acknowledged, changes nothing, and is done later`, async () => {
    await using it = await bridge();
    const late = command(asked(it.uploads));
    await assert.rejects(carryOut(late, { ...it.context, ...away }), /away/);
    assert.deepEqual(it.acknowledged(), []);
    assert.equal(await isDone(it.homes, it.uploads), false);
    await carryOut(late, it.context);
    assert.equal(it.acknowledged().length, 1);
    assert.equal(await isDone(it.homes, it.uploads), true);
  });

  test(`${type} touches no other school`, async () => {
    await using it = await bridge();
    const before = await othersBelongings(it);
    assert.equal(before.files.length, 2);
    await carryOut(command(asked(it.uploads)), it.context);
    assert.deepEqual(await othersBelongings(it), before);
  });

  if (impossible) {
    test(`${type} that can never be done is acknowledged as failed, with the reason`, async () => {
      await using it = await bridge();
      const bad = command(impossible(it.uploads, it.homes));
      await carryOut(bad, it.context);
      const [{ id, outcome, why } = assert.fail("no acknowledgement")] = it.acknowledged();
      assert.deepEqual([id, outcome], [bad.id, "failed"]);
      assert.ok(why && why.length > 10, String(why));
      assert.equal(await isDone(it.homes, it.uploads), false);
    });
  }
}
