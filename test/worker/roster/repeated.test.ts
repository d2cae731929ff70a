import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { namesOf } from "../../../worker/roster/repeated.ts";

const row = fc.record({
  name: fc.integer({ min: 0, max: 30 }),
  gap: fc.integer({ min: 1, max: 4 }),
});

test("each row of a Username that came before is told of the last line before it, over all slices", () => {
  fc.assert(fc.property(fc.array(fc.array(row, { maxLength: 40 }), { maxLength: 5 }), (slices) => {
    let line = 1;
    const indexes: Uint8Array[] = [];
    const last = new Map<string, number>();
    for (const slice of slices) {
      const rows = slice.map(({ name, gap }) => {
        line += gap;
        return { usernameKey: `u${name}@x.edu`, username: `U${name}@x.edu`, line };
      });
      const expected: [number, string][] = [];
      for (const { usernameKey, line } of rows) {
        const before = last.get(usernameKey);
        if (before !== undefined) expected.push([line, `line ${before} `]);
        last.set(usernameKey, line);
      }
      const { warnings, isRepeatedHere, index } = namesOf(rows, indexes);
      assert.deepEqual(warnings.map(({ line }) => line), expected.map(([line]) => line));
      for (const [at, [, words]] of expected.entries()) {
        assert.ok(warnings[at]!.message.includes(words), warnings[at]!.message);
      }
      const keys = new Set(rows.map(({ usernameKey }) => usernameKey));
      assert.equal(isRepeatedHere, keys.size < rows.length);
      indexes.push(index);
    }
  }));
});
