import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { loadOrMakeToken } from "../../scripts/tokens.ts";

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "rosterbridge-tokens-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("a missing token is generated in a file of mode 0600, and is the same on the next start", (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "admin-token");
  const token = loadOrMakeToken("ADMIN_TOKEN", file);
  assert.match(token, /^[\w-]{43}$/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(loadOrMakeToken("ADMIN_TOKEN", file), token);
  assert.deepEqual(readdirSync(folder), ["admin-token"]);
});

test("a token file that others may read, or that holds none, is refused in one line that names it", (t) => {
  const file = join(temporaryFolder(t), "bridge-token");
  loadOrMakeToken("BRIDGE_TOKEN", file);
  chmodSync(file, 0o644);
  assert.throws(() => loadOrMakeToken("BRIDGE_TOKEN", file), /^\w+: BRIDGE_TOKEN: .*mode 0644.*$/);
  chmodSync(file, 0o600);
  writeFileSync(file, "short\n");
  assert.throws(() => loadOrMakeToken("BRIDGE_TOKEN", file), (error: Error) => {
    assert.match(error.message, /^BRIDGE_TOKEN: .*has 5 characters; it takes 16 or more/);
    assert.equal(error.message.includes("short"), false);
    return true;
  });
});
