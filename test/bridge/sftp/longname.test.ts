import assert from "node:assert/strict";
import { test } from "node:test";
import { longname } from "../../../bridge/sftp/longname.ts";

const now = Date.UTC(2026, 10, 22) / 1000;

function line(name: string, kind: "file" | "folder", size: number, modified: number) {
  const permissions = kind === "folder" ? 0o755 : 0o444;
  const attributes = { kind, size, permissions, modifiedAt: modified, accessedAt: 0 };
  return longname({ name, attributes }, "northfield", now);
}

test("a listing's line looks like `ls -l`: the time for a recent file, the year for an old one", () => {
  assert.equal(
    line("roster.csv", "file", 1234, Date.UTC(2026, 10, 21, 10, 15) / 1000),
    "-r--r--r--   1 northfield school       1234 Nov 21 10:15 roster.csv",
  );
  assert.equal(
    line("inbound", "folder", 0, Date.UTC(2025, 0, 3) / 1000),
    "drwxr-xr-x   2 northfield school          0 Jan  3  2025 inbound",
  );
});
