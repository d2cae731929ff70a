// SPEC section 1: who is refused learns nothing. An unknown school and a wrong key get the same answer for
// the same work, and not sooner or later either.
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
    const reason = asked.refusal(showing);
    asked.idOf(slug);
    Map.prototype.get = get;
    assert.equal(found, undefined);
    assert.equal(reason, i % 2 === 0 ? "key_unknown" : "school_unknown");
    work.add(`${lookups} lookups`);
  }
  assert.deepEqual([...work], ["5 lookups"]);
});

interface Visitor {
  /** Shows the wrong key once. @returns how many milliseconds later it was refused */
  knock(): Promise<number>;
  leave(): void;
}

function visitor(port: number, username: string): Promise<Visitor> {
  return new Promise((resolve, reject) => {
    let refused: (() => void) | undefined;
    const client = new ssh2.Client().on("error", () => {});
    client.on("close", () => reject(new Error("closed before it could knock")));
    client.connect({
      ...{ host: "127.0.0.1", port, username },
      authHandler(_left, _partial, next) {
        client.setNoDelay(true); // Where ssh2's compiled cipher is not, it writes a packet in pieces.
        refused?.();
        resolve({
          knock: () => {
            const began = performance.now();
            const answered = new Promise<number>((done) => {
              refused = () => done(performance.now() - began);
            });
            next({ type: "publickey", username, key: wrong });
            return answered;
          },
          leave: () => client.destroy(),
        });
      },
    });
  });
}

/**
 * By how many parts of what a try takes the first of two names took longer to be refused, for so many
 * pairs of tries.
 */
async function differences(port: number, names: string[], pairs: number): Promise<number[]> {
  const [one, two] = await Promise.all(names.map((name) => visitor(port, name)));
  const found: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    // Each is asked first as often as the other.
    const isTurned = pair % 2 === 1;
    const first = await (isTurned ? two! : one!).knock();
    const second = await (isTurned ? one! : two!).knock();
    found.push((isTurned ? second - first : first - second) / ((first + second) / 2));
  }
  one!.leave();
  two!.leave();
  return found;
}

/**
 * The mean without the quarter at each end, and how many times its own error that is. The error is of the
 * values with those of the ends pulled in to where the middle half begins and ends (Yuen and Dixon 1973).
 */
function significance(values: number[]): { mean: number; t: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const quarter = Math.floor(sorted.length / 4);
  const kept = sorted.slice(quarter, -quarter);
  const [least, most] = [kept[0]!, kept.at(-1)!];
  const meanOf = (some: number[]) => some.reduce((sum, one) => sum + one, 0) / some.length;
  const pulled = sorted.map((one) => Math.min(most, Math.max(least, one)));
  const middle = meanOf(pulled);
  const deviation = Math.sqrt(meanOf(pulled.map((one) => (one - middle) ** 2)));
  const error = deviation / ((kept.length / sorted.length) * Math.sqrt(sorted.length));
  return { mean: meanOf(kept), t: meanOf(kept) / error };
}

test("an unknown school and a wrong key get the same answers, over thousands of tries, in the same time", async (t) => {
  const asked = directory();
  await using world = await startWorld({
    limits: { tries: 1_000_000 },
    door: { failures: 1_000_000, exchanges: { burst: 1000, perSecond: 1000 } },
    authenticate: (showing) => asked.authenticate(showing),
    refusal: (showing) => asked.refusal(showing),
  });
  const measure = async () => {
    const found: number[] = [];
    for (let round = 0; round < 10; round++) {
      const names = [`school-${10 + round}`, `other--${10 + round}`];
      found.push(...await differences(world.server.port, names, 200));
    }
    const { mean, t: times } = significance(found);
    t.diagnostic(
      `a known school took ${(mean * 100).toFixed(2)} % longer, ${
        times.toFixed(2)
      } times the error`,
    );
    return { percent: mean * 100, times };
  };
  // What is slower is so each time that it is measured; what the machine does meanwhile is not. A
  // few hundredths of what a try takes is far less than a network hides.
  const found = [await measure()];
  const isTold = () => {
    const { percent, times } = found.at(-1)!;
    return Math.abs(percent) > 3 && Math.abs(times) > 4;
  };
  while (isTold() && found.length < 4) found.push(await measure());
  assert.equal(isTold(), false, JSON.stringify(found));
  const refused = world.logs.filter(({ event }) => event === "sftp.refused");
  assert.deepEqual(
    new Set(refused.map(({ fields }) => fields.reason)),
    new Set(["key_unknown", "school_unknown"]),
  );
});
