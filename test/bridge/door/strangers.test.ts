// What a flood from one address costs: its own connections. Sets of strangers, without sockets.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Stage, stages, type Stranger, Strangers } from "../../../bridge/door/strangers.ts";

const stranger = (source: string, stage: Stage = "silent"): Stranger => ({ source, stage });

test("a flood from one address pushes out its own connections, silent ones first", () => {
  const strangers = new Strangers({ all: 100, ofSource: 50 });
  const school = stranger("192.0.2.7");
  assert.equal(strangers.add(school), undefined);
  const colleague = stranger("198.51.100.9", "speaking");
  strangers.add(colleague);
  for (let i = 0; i < 1000; i++) {
    const displaced = strangers.add(stranger("198.51.100.9"));
    if (displaced) assert.deepEqual(displaced, stranger("198.51.100.9"));
  }
  assert.equal(strangers.count, 51);
  assert.ok([...strangers].includes(school));
  // A school behind the same address that has begun to speak stays too.
  assert.ok([...strangers].includes(colleague));
});

test("when all is full, one of the source that has most gives way", () => {
  const strangers = new Strangers({ all: 10, ofSource: 8 });
  for (let i = 0; i < 8; i++) strangers.add(stranger("198.51.100.9"));
  strangers.add(stranger("192.0.2.1"));
  strangers.add(stranger("192.0.2.2"));
  assert.equal(strangers.add(stranger("192.0.2.3"))?.source, "198.51.100.9");
  // Of many sources with one each, the oldest that has come least far.
  const crowd = new Strangers({ all: 3, ofSource: 3 });
  const first = stranger("192.0.2.1", "keys exchanged");
  const second = stranger("192.0.2.2");
  for (const one of [first, second, stranger("192.0.2.3")]) crowd.add(one);
  assert.equal(crowd.add(stranger("192.0.2.4")), second);
});

test("there are never more strangers than allowed, whoever comes and goes", () => {
  const step = fc.record({ source: fc.nat(5), stage: fc.nat(2), leaves: fc.boolean() });
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const strangers = new Strangers({ all: 12, ofSource: 5 });
    const there = new Set<Stranger>();
    for (const { source, stage, leaves } of steps) {
      const [oldest] = there;
      if (leaves && oldest) {
        assert.equal(strangers.delete(oldest), true);
        there.delete(oldest);
        continue;
      }
      const newcomer = stranger(`192.0.2.${source}`, stages[stage]);
      const displaced = strangers.add(newcomer);
      there.add(newcomer);
      if (displaced) assert.equal(there.delete(displaced), true);
      assert.deepEqual(new Set(strangers), there);
      assert.ok(there.size <= 12);
    }
  }));
});
