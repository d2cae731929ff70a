// What waits for clients that do not read is bounded for a school, however many its sessions are.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Answers } from "../../../bridge/sftp/answers.ts";

const KIB = 1024;

test("all sessions of a school that read nothing keep so many bytes of answers, and one answer each", () => {
  const answers = new Answers(2048 * KIB);
  const sessions = Array.from({ length: 100 }, () => {
    const session = { waiting: 0 };
    return { session, ...answers.join(() => session.waiting) };
  });
  let begun = 0;
  for (let more = true; more;) {
    more = false;
    for (const { session, hasRoom } of sessions) {
      if (!hasRoom()) continue;
      session.waiting += 250 * KIB;
      begun++;
      more = true;
    }
  }
  // Each has its first; that was more than they may have together.
  assert.equal(begun, 100);
  sessions.slice(8).forEach(({ session }) => session.waiting = 0);
  assert.equal(answers.bytes, 8 * 250 * KIB);
  assert.equal(sessions[0]!.hasRoom(), true);
  sessions[0]!.session.waiting += 250 * KIB;
  assert.equal(sessions[0]!.hasRoom(), false);
  assert.equal(sessions[1]!.hasRoom(), false);
  assert.equal(sessions[99]!.hasRoom(), true);
});

test("a session alone keeps at most 512 KiB and one answer, and what it kept is free when it is over", () => {
  const answers = new Answers(64 * 1024 * KIB);
  const session = { waiting: 512 * KIB };
  const { hasRoom, leave } = answers.join(() => session.waiting);
  assert.equal(hasRoom(), true);
  session.waiting++;
  assert.equal(hasRoom(), false);
  leave();
  assert.equal(answers.bytes, 0);
});
