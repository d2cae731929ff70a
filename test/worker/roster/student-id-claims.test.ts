// SPEC section 4: a StudentId is unique within the school.
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Row } from "../../../worker/roster/row.ts";
import { settleClaims } from "../../../worker/roster/student-id-claims.ts";
import { type Student, studentAfter } from "../../../worker/roster/student.ts";

const nothing: Omit<Row, "line" | "usernameKey" | "username" | "studentId"> = {
  lastName: null,
  firstName: null,
  telephone: null,
  dob: null,
  requirementGroup: null,
  term: null,
  onCampus: null,
};
const rowOf = (line: number, usernameKey: string, studentId: string | null): Row => ({
  ...nothing,
  line,
  usernameKey,
  username: usernameKey,
  studentId,
});
const settle = (
  rows: readonly Row[],
  before: Map<string, Student>,
  holders: Map<string, Student>,
  pause = () => Promise.resolve(),
) => {
  const named = new Set(rows.map(({ usernameKey }) => usernameKey));
  return settleClaims(
    rows.map((row) => ({ ...row, before: before.get(row.usernameKey)?.studentId ?? null })),
    new Map(
      [...holders].map(([id, { usernameKey }]) => [id, usernameKey] as const)
        .filter(([, key]) => !named.has(key)),
    ),
    pause,
  );
};

/**
 * What is meant, as slowly as can be: whoever has an id that somebody else is to have loses the row
 * that gave it to him, until no id has two owners.
 */
function slowly(
  rows: readonly Row[],
  before: ReadonlyMap<string, Student>,
  holders: ReadonlyMap<string, Student>,
): { failed: number[]; after: Map<string, Student> } {
  const failed = new Set<number>();
  const named = new Set(rows.map(({ usernameKey }) => usernameKey));
  for (;;) {
    const claims = [...named].map((key) => {
      let student = before.get(key);
      let owner: Row | undefined;
      for (const row of rows) {
        if (row.usernameKey !== key || failed.has(row.line)) continue;
        if (row.studentId !== null && row.studentId !== student?.studentId) {
          owner = row.studentId === before.get(key)?.studentId ? undefined : row;
        }
        student = studentAfter(student, row);
      }
      return { key, student, owner };
    });
    const loser = claims.find(({ key, student, owner }) => {
      const id = student?.studentId;
      if (!id || !owner) return false;
      const holder = holders.get(id);
      if (holder && !named.has(holder.usernameKey)) return true;
      return claims.some((other) =>
        other.key !== key && other.student?.studentId === id &&
        (!other.owner || other.owner.line < owner.line)
      );
    });
    if (loser === undefined) {
      const after = new Map<string, Student>(
        claims.flatMap(({ key, student }) => student ? [[key, student] as const] : []),
      );
      // A row whose student has the id after all, by an earlier row, says nothing wrong.
      const wrong = rows.filter(({ line, usernameKey, studentId }) =>
        failed.has(line) && after.get(usernameKey)?.studentId !== studentId
      );
      return { failed: wrong.map(({ line }) => line), after };
    }
    failed.add(loser.owner!.line);
  }
}

test("rows that wait are settled as if each conflict was looked at one by one", async () => {
  const username = fc.constantFrom<string>("a", "b", "c", "d", "e");
  const id = fc.constantFrom(null, "1", "2", "3", "4");
  const stored = fc.uniqueArray(
    fc.tuple(fc.constantFrom<string>("a", "b", "c", "d", "e", "x", "y"), id),
    {
      selector: ([key]) => key,
    },
  ).map((pairs) => {
    const taken = new Set<string>();
    return pairs.filter(([, id]) => {
      if (id === null) return true;
      if (taken.has(id)) return false;
      taken.add(id);
      return true;
    });
  });
  await fc.assert(
    fc.asyncProperty(
      stored,
      fc.array(fc.tuple(username, id), { maxLength: 14 }),
      async (pairs, wanted) => {
        const before = new Map(pairs.map(([key, id]) => {
          const { line: _, ...student } = rowOf(0, key, id);
          return [key, student];
        }));
        const holders = new Map(
          [...before.values()].flatMap((student) =>
            student.studentId ? [[student.studentId, student] as const] : []
          ),
        );
        const rows = wanted.map(([key, id], i) => rowOf(i + 2, key, id));
        const slow = slowly(rows, before, holders);
        const { failed, severalRows } = await settle(rows, before, holders);
        assert.deepEqual(failed.map(({ claim }) => claim.line), slow.failed);
        // Who is named has the id in the end.
        for (const { claim, holder } of failed) {
          const owner = slow.after.get(holder) ?? before.get(holder);
          assert.equal(owner?.studentId, claim.studentId);
          assert.notEqual(holder, claim.usernameKey);
        }
        const kept = rows.filter(({ line }) => !slow.failed.includes(line));
        const named = [...new Set(rows.map(({ usernameKey }) => usernameKey))];
        assert.deepEqual(
          severalRows,
          named.filter((key) => kept.filter(({ usernameKey }) => usernameKey === key).length > 1),
        );
      },
    ),
    { numRuns: 2000 },
  );
});

test("two Usernames that want one StudentId in turn cost a step a row, and others get their turn", async () => {
  const rows: Row[] = [];
  for (let i = 0; i < 50_000; i++) {
    rows.push(rowOf(i + 2, i % 2 === 0 ? "a" : "b", `${Math.floor(i / 2)}`));
  }
  let pauses = 0;
  const { failed } = await settle(rows, new Map(), new Map(), () => {
    pauses++;
    return Promise.resolve();
  });
  // a has the last id; b, who comes later each time, falls back to none of them.
  assert.equal(failed.length, 1);
  assert.ok(pauses < 50);

  const rotating = Array.from({ length: 50_000 }, (_, i) => rowOf(i + 2, `u${i % 2}`, `${i % 3}`));
  const others = new Map(["0", "1", "2"].map((id) => [id, rowOf(0, "x", id)]));
  const held = await settle(rotating, new Map(), others, () => {
    pauses++;
    return Promise.resolve();
  });
  assert.equal(held.failed.length, 50_000);
  assert.ok(pauses > 10 && pauses < 100, `${pauses} pauses of 2,000 steps`);
});
