// SPEC section 2: two sessions writing one name, in every interleaving that a scheduler finds.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import Database from "libsql";
import { type Home, type OpenFile, Refusal } from "../../../bridge/home/home.ts";
import { listBlobs } from "../../../bridge/vault/blob/blob.ts";
import type { OpenBlob } from "../../../bridge/vault/blob/small.ts";
import type { Lease, Vault } from "../../../bridge/vault/vault.ts";
import {
  entries,
  get,
  put,
  type TestHomes,
  testHomes,
  toAppend,
  toResume,
  toWrite,
} from "./keeper.ts";
import { idOfSchool } from "../school-id.ts";
import { until } from "../../until.ts";

type Open = "open to write" | "open to append" | "open to resume";
type Step = Open | "write" | "close" | "abandon" | "remove" | "rename" | "rename back";

const open = fc.constantFrom<Open>("open to write", "open to append", "open to resume");
const step = fc.oneof<fc.WeightedArbitrary<Step>[]>(
  { weight: 4, arbitrary: fc.constant("write") },
  { weight: 3, arbitrary: fc.constant("close") },
  { weight: 3, arbitrary: open },
  { weight: 1, arbitrary: fc.constantFrom("abandon", "remove", "rename", "rename back") },
);
const steps = fc.tuple(open, fc.array(step, { minLength: 2, maxLength: 9 }))
  .map(([first, rest]): Step[] => [first, ...rest]);

/** Of each write: of a file that stays small, and of one that grows past what the catalog keeps. */
const sizes = fc.constantFrom(4, 40_000);

const NAME = "/inbound/roster.txt";
const OTHER = "/inbound/other.txt";

/** What the OK of a CLOSE promised, or what took it away. */
interface Deed {
  what: "closed" | "taken away";
  /** Of a CLOSE: what the file must be, from the first byte to the last. */
  content?: string;
  asked: number;
  answered: number;
}

/** Whatever of the vault waits for a disk or a key is heard of when the scheduler likes. */
function slowed(vault: Vault, scheduler: fc.Scheduler): void {
  const slow = <Args extends unknown[], Result>(
    name: string,
    work: (...args: Args) => Promise<Result>,
  ) =>
  async (...args: Args): Promise<Result> => {
    try {
      return await work(...args);
    } finally {
      await scheduler.schedule(Promise.resolve(), name);
    }
  };
  const use = vault.use.bind(vault);
  vault.use = slow("use", async (...args: Parameters<typeof use>): Promise<Lease> => {
    const { blob, release } = await use(...args);
    return { blob: slowBlob(blob, slow), release: slow("release", release) };
  });
  vault.sweep = slow("sweep", vault.sweep.bind(vault));
  vault.room.look = slow("look", vault.room.look.bind(vault.room));
  vault.room.take = slow("take", vault.room.take.bind(vault.room));
  vault.keys.current = slow("key", vault.keys.current.bind(vault.keys));
  vault.catalog.durable = slow("durable", vault.catalog.durable.bind(vault.catalog));
}

type Slow = <Args extends unknown[], Result>(
  name: string,
  work: (...args: Args) => Promise<Result>,
) => (...args: Args) => Promise<Result>;

function slowBlob(blob: OpenBlob, slow: Slow): OpenBlob {
  return new Proxy(blob, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return slow(`blob.${String(name)}`, value.bind(target));
    },
  });
}

/** One session, doing its steps one after the other as a client does. */
async function run(
  home: Home,
  who: string,
  wanted: Step[],
  deeds: Deed[],
  clock: { now: number },
  writeBytes: number,
): Promise<void> {
  let file: OpenFile | undefined;
  let content = "";
  let sent = 0;
  const deed = async (what: Deed["what"], work: () => Promise<string | undefined>) => {
    const asked = clock.now++;
    const text = await work();
    deeds.push({
      what,
      asked,
      answered: clock.now++,
      ...(text === undefined ? {} : { content: text }),
    });
  };
  const end = async (work: (open: OpenFile) => Promise<void>) => {
    const open = file;
    file = undefined;
    if (open) await work(open);
  };
  const does: Record<Step, () => Promise<void>> = {
    // It takes nothing away before its CLOSE.
    async "open to write"() {
      await end((open) => open.abandon("connection lost"));
      file = await home.open(NAME, toWrite);
      content = "";
    },
    "open to append": () => openToGoOn(toAppend),
    "open to resume": () => openToGoOn(toResume),
    async write() {
      if (!file) return;
      const text = `[${who}${sent++}]`.padEnd(writeBytes);
      await file.write(content.length, Buffer.from(text));
      content += text;
    },
    close: () => end((open) => deed("closed", () => open.close().then(() => content))),
    abandon: () => end((open) => open.abandon("connection lost")),
    remove: () => deed("taken away", () => home.remove(NAME).then(() => undefined)),
    rename: () => deed("taken away", () => moved(NAME, OTHER)),
    "rename back": () => deed("taken away", () => moved(OTHER, NAME)),
  };
  async function openToGoOn(mode: typeof toAppend): Promise<void> {
    await deed("taken away", async () => {
      await end((open) => open.abandon("connection lost"));
      const opened = await home.open(NAME, mode);
      file = opened;
      // What it goes on from is what is there; whole or not is for the deed before to say.
      const { size } = await opened.stat();
      content = Buffer.from(await opened.read(0, size)).toString();
      return undefined;
    });
  }
  async function moved(from: string, to: string): Promise<undefined> {
    await home.rename(from, to, { replace: true });
    return undefined;
  }
  for (const wantedStep of wanted) {
    await does[wantedStep]().catch((error) => {
      // Every refusal is a sentence for a person, never a fault of our own.
      assert.ok(error instanceof Refusal, `${wantedStep}: ${error?.stack ?? error}`);
      assert.match(error.message, /\.$/);
    });
  }
  await end((open) => open.abandon("connection lost"));
  await home.leave();
}

/** The ids of all blobs, with and without a file of their own. */
async function blobsOf({ folder, keeper }: TestHomes): Promise<string[]> {
  const database = new Database(join(folder, "catalog.db"), { readonly: true });
  const blobs = database.prepare("SELECT blob FROM small_blobs").all([])
    .map((row) => (row as { blob: string }).blob);
  database.close();
  for await (const blob of listBlobs(keeper.vault.folder)) blobs.push(blob);
  return blobs;
}

/** Exactly what was closed OK last, or nothing that anybody was told is there. */
async function check(homes: TestHomes, deeds: Deed[]): Promise<void> {
  const home = homes.home();
  const promised = deeds.filter(({ what }) => what === "closed");
  const found: string[] = [];
  for (const { name } of await entries(home)) {
    const row = homes.catalog.find(idOfSchool(1), `/inbound/${name}`)!;
    const text = await get(home, `/inbound/${name}`);
    assert.equal(text.length, row.size, `${name} has the size its row says`);
    if (row.state === "partial") continue;
    found.push(text);
    assert.ok(
      promised.some(({ content }) => content === text),
      `${name}: ${text} was never closed`,
    );
  }
  for (const { content, asked } of promised) {
    const wasTakenAway = deeds.some((other) =>
      other.answered > asked && (other.what === "taken away" || other.content !== content)
    );
    assert.ok(found.includes(content!) || wasTakenAway, `${content} was closed OK and is lost`);
  }
  // Nothing is left over, and nobody holds anything.
  await until(() => homes.catalog.doomedBlobs().length === 0);
  const blobs = await blobsOf(homes);
  assert.ok(blobs.every((blob) => homes.catalog.knowsBlob(blob)), "no blob is an orphan");
  for (const { id } of homes.catalog.list(idOfSchool(1), "/inbound")) {
    assert.equal(homes.keeper.writers.current(id), undefined);
    assert.equal(homes.keeper.vault.inUse(homes.catalog.file(id)!.blob), false);
  }
  assert.deepEqual(homes.catalog.filesInState("replaced"), []);
  // The queue goes on.
  await put(home, "/inbound/next.csv", "rows");
  await home.leave();
  assert.equal(homes.accepted.at(-1)?.name, "next.csv");
}

test("whatever the interleaving, exactly the uploads whose CLOSE was answered OK are there, whole, or were replaced", async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), steps, steps, sizes, async (scheduler, one, two, size) => {
      await using homes = await testHomes();
      const { vault } = homes.keeper;
      const plain = { ...vault.room, sweep: vault.sweep, use: vault.use };
      const { durable } = vault.catalog;
      const { current } = vault.keys;
      const { look, take } = vault.room;
      await put(homes.home(), NAME, "before");
      slowed(vault, scheduler);
      const deeds: Deed[] = [{ what: "closed", content: "before", asked: 0, answered: 1 }];
      const clock = { now: 2 };
      await scheduler.waitFor(Promise.all([
        run(homes.home(), "a", one, deeds, clock, size),
        run(homes.home(), "b", two, deeds, clock, size),
      ]));
      // What nobody waits for comes to its end too.
      while (scheduler.count() > 0) {
        await scheduler.waitAll();
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      Object.assign(vault, { sweep: plain.sweep, use: plain.use });
      Object.assign(vault.catalog, { durable });
      Object.assign(vault.keys, { current });
      Object.assign(vault.room, { look, take });
      await vault.sweepAll();
      await check(homes, deeds);
    }),
    { numRuns: Number(process.env["RUNS"] ?? 60), endOnFailure: false },
  );
});

test("a write that is under way when another session opens the name is not among that one's bytes", async () => {
  await using homes = await testHomes();
  const [one, two] = [homes.home(), homes.home()];
  const first = await one.open(NAME, toWrite);
  await first.write(0, Buffer.from("first"));
  const { room } = homes.keeper.vault;
  const take = room.take.bind(room);
  let answer!: () => void;
  const disk = new Promise<void>((resolve) => answer = resolve);
  const asked = new Promise<void>((resolve) => {
    room.take = async (bytes) => {
      resolve();
      await disk;
      await take(bytes);
    };
  });
  const late = assert.rejects(first.write(5, Buffer.from(" and more")), /later request/);
  await asked;
  const writer = () => homes.keeper.writers.current(homes.catalog.find(idOfSchool(1), NAME)!.id);
  const before = writer();
  const opening = two.open(NAME, toAppend);
  await until(() => writer() !== before);
  answer();
  room.take = take;
  const second = await opening;
  await late;
  assert.equal((await second.stat()).size, 5);
  await second.write(0, Buffer.from(", second"));
  await assert.rejects(first.close(), /later request, which has it now/);
  await second.close();
  assert.equal(await get(two, NAME), "first, second");
});

test("an upload whose name is deleted or replaced while it is written says so at its CLOSE, and leaves nothing", async () => {
  await using homes = await testHomes();
  const [one, two] = [homes.home(), homes.home()];
  for (const how of ["removed", "replaced"]) {
    await put(two, OTHER, "the other");
    const file = await one.open(NAME, toWrite);
    await file.write(0, Buffer.from("bytes"));
    if (how === "removed") await two.remove(NAME);
    else await two.rename(OTHER, NAME, { replace: true });
    await assert.rejects(file.write(5, Buffer.from("more")), /was not kept\. Send it again\.$/);
    await assert.rejects(file.close(), how === "removed" ? /was deleted/ : /was replaced/);
  }
  assert.equal(await get(one, NAME), "the other");
  await until(() => homes.catalog.doomedBlobs().length === 0);
  const blobs = await blobsOf(homes);
  assert.equal(blobs.length, homes.catalog.list(idOfSchool(1), "/inbound").length);
});
