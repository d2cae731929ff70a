// SPEC section 1: who is refused learns nothing. An unknown school and a wrong key get the same answer for
// the same work; how long it took is printed, and decides nothing.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import ssh2 from "ssh2";
import { SchoolDirectory } from "../../../bridge/schools/directory.ts";
import { Catalog } from "../../../bridge/vault/catalog/catalog.ts";
import type { Directory, SchoolId } from "../../../shared/protocol.ts";
import { rsaKey, startWorld, wireOf } from "./harness.ts";

const school = (id: number, slug: string, key: string) => ({
  ...{ id: id as SchoolId, slug, revoked: [], suspended: false, lanes: [] },
  keys: [{ fingerprint: `SHA256:${slug}`, publicKey: key, expiresAt: null }],
});
const told: Directory = {
  version: 1,
  schools: Array.from({ length: 50 }, (_, i) => school(i + 1, `school-${i}`, `key${i}`)),
};
const wrong = rsaKey(2048);
const publicKey = wireOf(wrong);

const folder = mkdtempSync(join(tmpdir(), "rosterbridge-alike-"));
const catalog = new Catalog(join(folder, "catalog.db"), Date.now);
after(() => {
  catalog.close();
  rmSync(folder, { recursive: true });
});

function directory(): SchoolDirectory {
  const directory = new SchoolDirectory(catalog);
  directory.replace(told);
  return directory;
}

test("an unknown school and a wrong key are looked up alike, thousands of times", () => {
  const asked = directory();
  const { get } = Map.prototype;
  const work = new Set<string>();
  for (let i = 0; i < 4000; i++) {
    const slug = i % 2 === 0 ? `school-${i % 50}` : `other--${i % 50}`;
    let lookups = 0;
    Map.prototype.get = function (key) {
      lookups++;
      return get.call(this, key);
    };
    const showing = { slug, publicKey, address: "192.0.2.7", at: 0 };
    const found = asked.authenticate(showing);
    const { reason } = asked.refusal(showing);
    Map.prototype.get = get;
    assert.equal(found, undefined);
    assert.equal(reason, i % 2 === 0 ? "key_unknown" : "school_unknown");
    work.add(`${lookups} lookups`);
  }
  assert.deepEqual([...work], ["4 lookups"]);
});

/** Milliseconds until each of so many tries was refused, on one connection. */
function refusals(port: number, username: string, tries: number): Promise<number[]> {
  return new Promise((resolve) => {
    const times: number[] = [];
    let last: number | undefined;
    const client = new ssh2.Client().on("error", () => {}).on("close", () => resolve(times));
    client.connect({
      ...{ host: "127.0.0.1", port, username },
      authHandler(_left, _partial, next) {
        const now = performance.now();
        if (last !== undefined) times.push(now - last);
        last = now;
        if (times.length < tries) return next({ type: "publickey", username, key: wrong });
        client.destroy();
      },
    });
  });
}

/** Of the middle of them: mean and variance. */
function middle(times: number[]): { count: number; mean: number; variance: number } {
  const kept = times.toSorted((a, b) => a - b).slice(0, Math.floor(times.length * 0.85));
  const mean = kept.reduce((sum, one) => sum + one, 0) / kept.length;
  const variance = kept.reduce((sum, one) => sum + (one - mean) ** 2, 0) / kept.length;
  return { count: kept.length, mean, variance };
}

test("an unknown school and a wrong key get the same answers, over thousands of tries", async (t) => {
  const asked = directory();
  await using world = await startWorld({
    limits: { tries: 1_000_000 },
    door: { failures: 1_000_000, exchanges: { burst: 1000, perSecond: 1000 } },
    authenticate: (showing) => asked.authenticate(showing),
    refusal: (showing) => asked.refusal(showing),
  });
  const times: Record<"known" | "unknown", number[]> = { known: [], unknown: [] };
  for (let round = 0; round < 20; round++) {
    const kinds = ["known", "unknown"] as const;
    for (const kind of round % 2 === 0 ? kinds : kinds.toReversed()) {
      const slug = kind === "known" ? `school-${10 + round}` : `other--${10 + round}`;
      times[kind].push(...await refusals(world.server.port, slug, 60));
    }
  }
  const [known, unknown] = [middle(times.known), middle(times.unknown)];
  const spread = Math.sqrt(known.variance / known.count + unknown.variance / unknown.count);
  const micro = (one: { mean: number }) => (one.mean * 1000).toFixed(1);
  t.diagnostic(
    `known ${micro(known)} µs, unknown ${micro(unknown)} µs, Welch t ` +
      `${((known.mean - unknown.mean) / spread).toFixed(2)} of ${
        known.count + unknown.count
      } tries`,
  );
  assert.deepEqual([times.known.length, times.unknown.length], [1200, 1200]);
  const refused = world.logs.filter(({ event }) => event === "sftp.refused");
  assert.deepEqual(
    new Set(refused.map(({ fields }) => fields.reason)),
    new Set(["key_unknown", "school_unknown"]),
  );
});
