/**
 * OpenSSH 10 of Debian 13, unpacked beside the system: post-quantum key exchange and nothing to warn
 * of, and what ssh-audit says of both profiles.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { hostKey, OpenSsh, rsaKey, run, startWorld } from "../bridge/sftp/harness.ts";
import { fetchNewer, newer, ssh10 } from "./newer-debian.ts";
import { locate } from "./stage.ts";

before(fetchNewer);

const sftp10 = (ssh: OpenSsh, batch: string, ...more: string[]) =>
  run(newer, ["sftp", "-S", ssh10, ...ssh.options, ...more, "-b", "-", "school@127.0.0.1"], batch);

for (const kex of ["compatible", "post-quantum"] as const) {
  test(`OpenSSH 10 with KEX=${kex}: mlkem768x25519-sha256, and it warns of nothing`, async () => {
    await using world = await startWorld({ kex, hostKeys: [{ key: hostKey }] });
    using ssh = new OpenSsh(world.server.port);
    const { status, errors } = await sftp10(ssh, "pwd", "-v");
    assert.equal(status, 0, errors);
    assert.match(errors, /OpenSSH_10/);
    assert.match(errors, /kex: algorithm: mlkem768x25519-sha256/);
    assert.doesNotMatch(errors, /WARNING|not using a post-quantum/);
  });
}

test("OpenSSH 10 logs in two hundred times", async () => {
  await using world = await startWorld({ hostKeys: [{ key: hostKey }] });
  using ssh = new OpenSsh(world.server.port);
  for (let i = 0; i < 200; i += 4) {
    const four = await Promise.all([1, 2, 3, 4].map(() => sftp10(ssh, "pwd")));
    for (const { status, errors } of four) assert.equal(status, 0, errors);
  }
  assert.equal(world.logs.filter(({ event }) => event === "sftp.login").length, 200);
});

test("OpenSSH 10: fresh keys in the middle of a transfer, whoever asks for them", async () => {
  const rekey = { bytes: 2_000_000, milliseconds: 3_600_000 };
  for (const [options, more] of [[{ rekey }, []], [{}, ["-o", "RekeyLimit=1M"]]] as const) {
    await using world = await startWorld({ ...options, hostKeys: [{ key: hostKey }] });
    using ssh = new OpenSsh(world.server.port);
    const content = randomBytes(16_000_000);
    const [local, back] = [ssh.file("roster.csv", content), ssh.file("back.csv")];
    const batch = `put ${local} inbound/roster.csv\nget inbound/roster.csv ${back}`;
    const { status, errors } = await sftp10(ssh, batch, "-v", ...more);
    assert.equal(status, 0, errors);
    assert.ok(readFileSync(back).equals(content));
    const exchanges = errors.match(/kex: algorithm: mlkem768x25519-sha256/g)!.length;
    assert.ok(exchanges >= 5, `${exchanges} exchanges`);
  }
});

/** Lines of ssh-audit that are about algorithms and have a fail or a warn. */
async function complaints(command: string[], port: number): Promise<string[]> {
  const [program, ...args] = command;
  const { output } = await run(program!, [...args, "-n", "-p", String(port), "127.0.0.1"]);
  assert.match(output, /key exchange algorithms/, output);
  return output.split("\n").filter((line) =>
    /\[(fail|warn)\]/.test(line) && !/^\(rec\)/.test(line) && !/unknown algorithm/.test(line)
  );
}

test("ssh-audit of Debian 12 and of Debian 13 have nothing to fail or to warn of", async () => {
  const key = rsaKey(3072); // As the service makes its own.
  for (const kex of ["compatible", "post-quantum"] as const) {
    await using world = await startWorld({ kex, hostKeys: [{ key }] });
    const { port } = world.server;
    assert.deepEqual(await complaints([newer, "ssh-audit"], port), []);
    assert.deepEqual(await complaints([locate("ssh-audit")], port), []);
  }
});
