import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestQueue } from "../../../bridge/sftp/request-queue.ts";
import { until } from "../../until.ts";

const MIB = 1024 * 1024;

function startQueue() {
  const events: string[] = [];
  let room: Promise<void> | undefined;
  const queue = new RequestQueue({
    hold: () => events.push("hold"),
    release: () => events.push("release"),
    overrun: () => events.push("overrun"),
    roomForAnswers: () => room,
  });
  return {
    queue,
    events,
    /** Takes away the room for answers, until the function that it answers is called. */
    fill(): () => void {
      let free!: () => void;
      room = new Promise((resolve) => free = resolve);
      return () => {
        room = undefined;
        free();
      };
    },
  };
}

test("requests are done one after the other, in the order they came", async () => {
  const { queue } = startQueue();
  const done: number[] = [];
  for (const [i, turns] of [5, 0, 3, 1].entries()) {
    queue.add(0, async () => {
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      done.push(i);
    });
  }
  await queue.finish();
  assert.deepEqual(done, [0, 1, 2, 3]);
});

test("more than 1 MiB of waiting requests holds the client back until a quarter of it is left", async () => {
  const { queue, events } = startQueue();
  const gates: (() => void)[] = [];
  for (let i = 0; i < 9; i++) {
    queue.add(MIB / 8, () => new Promise((resolve) => gates.push(resolve)));
  }
  assert.deepEqual(events, ["hold"]);
  for (let i = 0; i < 7; i++) {
    assert.deepEqual(events, ["hold"], `after ${i}`);
    gates.shift()!();
    await until(() => gates.length === 1);
  }
  assert.deepEqual(events, ["hold", "release"]);
});

test("a client without room for answers can still be heard, and is dropped when it overdoes it", async () => {
  const { queue, events, fill } = startQueue();
  const free = fill();
  let done = 0;
  const add = (bytes: number) => queue.add(bytes, async () => void done++);
  add(2 * MIB);
  add(2 * MIB);
  await new Promise(setImmediate);
  assert.equal(done, 0);
  assert.ok(
    events.filter((event) => event === "hold").length ===
      events.filter((event) => event === "release").length,
    "not held back",
  );
  assert.ok(!events.includes("overrun"));
  for (let i = 0; i < 3; i++) add(2 * MIB);
  assert.ok(events.includes("overrun"));
  free();
  await queue.finish();
  assert.equal(done, 5);
});

test("discarding drops what was not begun and waits for what was", async () => {
  const { queue } = startQueue();
  let end!: () => void;
  let done = 0;
  queue.add(0, () => new Promise<void>((resolve) => end = resolve).then(() => void done++));
  queue.add(0, async () => void done++);
  let over = false;
  const discarded = queue.discard().then(() => over = true);
  await new Promise(setImmediate);
  assert.equal(over, false);
  end();
  await discarded;
  queue.add(0, async () => void done++);
  assert.equal(done, 1);
});

test("what is dropped while its school may not go on keeps nobody waiting", async () => {
  let asked = 0;
  const queue = new RequestQueue({
    ...{ hold() {}, release() {}, overrun() {}, roomForAnswers: () => undefined },
    due: () => (asked++, new Promise(() => {})),
  });
  queue.add(0, async () => assert.fail("it was dropped"));
  assert.equal(asked, 1);
  let isOver = false;
  void queue.discard().then(() => isOver = true);
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
  assert.ok(isOver);
});
