// SPEC section 2: no race reaches another school's files. Two schools do things with the same names at
// the same time, in two sessions each: whatever comes before what, each reads its own bytes only.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Home, Refusal } from "../../../bridge/home/home.ts";
import { get, names, put, testHomes } from "./keeper.ts";

const paths = ["a", "b", "c"].map((name) => `/inbound/${name}.csv`);
const deeds = fc.array(
  fc.record({
    what: fc.constantFrom("write", "rename", "remove", "read"),
    path: fc.constantFrom(...paths),
    to: fc.constantFrom(...paths),
    // What stays in the catalog, and what has a file of its own.
    size: fc.constantFrom(10, 40_000),
  }),
  { minLength: 3, maxLength: 12 },
);
type Deeds = typeof deeds extends fc.Arbitrary<infer One> ? One : never;

async function run(home: Home, letter: string, deeds: Deeds, read: string[]): Promise<void> {
  for (const { what, path, to, size } of deeds) {
    try {
      if (what === "write") await put(home, path, letter.repeat(size));
      else if (what === "rename") await home.rename(path, to, { replace: true });
      else if (what === "remove") await home.remove(path);
      else read.push(await get(home, path));
    } catch (error) {
      // Its own other session was there first.
      assert.ok(error instanceof Refusal, String(error));
    }
  }
}

test("no race between two schools that use the same names shows one of them a byte of the other", async () => {
  let reads = 0;
  await fc.assert(
    fc.asyncProperty(deeds, deeds, deeds, deeds, async (...all) => {
      await using homes = await testHomes();
      const read: Record<string, string[]> = { x: [], y: [] };
      const schools = [["x", 1], ["y", 2]] as const;
      await Promise.all(
        schools.flatMap(([letter, id], at) =>
          [all[at]!, all[at + 2]!].map((deeds) => run(homes.home(id), letter, deeds, read[letter]!))
        ),
      );
      for (const [letter, id] of schools) {
        const home = homes.home(id);
        for (const name of await names(home)) {
          read[letter]!.push(await get(home, `/inbound/${name}`));
        }
        for (const content of read[letter]!) {
          assert.equal(content.replaceAll(letter, ""), "");
          if (content !== "") reads++;
        }
      }
    }),
    { numRuns: 40 },
  );
  assert.ok(reads > 40, `${reads} files were read`);
});
