/**
 * A connection that is cut in the middle of a roster, and the client's own way to go on: what was there
 * stays partial and unprocessed, the finished file is whole, and it is processed once.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Service, startService, waitForName } from "../end-to-end/service.ts";
import { handsOf, runSftp } from "./hands.ts";
import { compileHand } from "./jsch.ts";
import { fetchNewer, newer, ssh10 } from "./newer-debian.ts";
import { setStage } from "./stage.ts";
import { until } from "../until.ts";

const CUT_AT = 700_000;
const header =
  "Username,StudentId,LastName,FirstName,Telephone,Dob,RequirementGroup,Term,OnCampus\r\n";
// Wide rows: many bytes, and few rows for the worker.
const rows = Array.from(
  { length: 4_000 },
  (_, i) => `s${i}@college.edu,A${i},${"R".repeat(190)},${"A".repeat(190)},,04/17/2004,,,1\r\n`,
);
const roster = Buffer.from(header + rows.join(""));

let service: Service;
before(async () => {
  fetchNewer();
  compileHand();
  service = await startService();
});
after(() => service[Symbol.asyncDispose]());

/** Lets one connection through, so many bytes of one side's, and then nothing until it is reset. */
async function cutter(
  target: number,
  whose: "client's" | "service's" = "client's",
): Promise<{ port: number; reset(): void }> {
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    server.close(); // A client that comes again by itself finds nobody.
    const far = connect(target, "127.0.0.1");
    sockets.push(near, far);
    for (const socket of sockets) socket.on("error", () => {});
    const counted = whose === "client's" ? near : far;
    let passed = 0;
    for (const [from, to] of [[near, far], [far, near]] as const) {
      from.on("data", (piece) => {
        to.write(piece);
        if (from === counted && (passed += piece.length) >= CUT_AT) from.pause();
      });
    }
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    reset() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
  };
}

for (
  const name of [
    ...["OpenSSH sftp", "OpenSSH 10 sftp", "lftp", "PuTTY psftp"],
    ...["paramiko", "asyncssh", "phpseclib", "JSch", "ssh2-sftp-client", "curl of Debian 13"],
    // These have no way to go on: the same again, over what is there.
    ...["OpenSSH scp", "PuTTY pscp", "rclone", "sshfs"],
  ]
) {
  test(`${name} goes on after a cut`, async () => {
    const stage = await setStage(service, name.toLowerCase().replace(/[^a-z0-9]+/g, "-"));
    const { school } = stage;
    await stage.local("roster.csv", roster);
    const hand = handsOf(stage)[name]!;
    const login = { port: stage.port, slug: school.slug, key: "key" };
    const cut = await cutter(stage.port);
    const first = hand.upload({ ...login, port: cut.port }, "roster.csv", "inbound/roster.csv");
    const size = async () => (await school.get("/inbound/roster.csv")).length;
    await until(async () => await size().catch(() => 0) > 0, "some of the file");
    cut.reset();
    const { status, output } = await first;
    assert.notEqual(status, 0, output);
    assert.deepEqual(await school.names(), ["roster.csv"], "a partial file is not processed");
    assert.ok(await size() < roster.length);

    const second = await (hand.resume ?? hand.upload)(login, "roster.csv", "inbound/roster.csv");
    assert.equal(second.status, 0, second.output);
    await waitForName(school, ".completed");
    const names = await school.names();
    const kinds = names.map((each) => each.split(".").at(-1));
    assert.deepEqual(kinds, ["completed", "original"], "processed once");
    const [report, original] = await school.getAll(names.map((each) => `/inbound/${each}`));
    assert.ok(original!.equals(roster), "whole");
    assert.match(String(report), /4000 rows: 4000 added/);
  });
}

for (
  const [name, ...program] of [["sftp", "sftp"], ["sftp of OpenSSH 10", newer, "sftp", "-S", ssh10]]
) {
  test(`${name}: put -a goes on after a cut, and so do reget and get -a`, async () => {
    const stage = await setStage(service, name!.toLowerCase().replace(/[^a-z0-9]+/g, "-"));
    const { school } = stage;
    const login = { port: stage.port, slug: school.slug, key: "key" };
    await stage.local("data.bin", roster);
    const sent = await cutter(stage.port);
    const put = runSftp(stage, { ...login, port: sent.port }, "put data.bin inbound/", ...program);
    const size = async () => (await school.get("/inbound/data.bin")).length;
    await until(async () => await size().catch(() => 0) > 0, "some of the file");
    sent.reset();
    assert.notEqual((await put).status, 0);
    assert.ok(await size() < roster.length);
    const on = await runSftp(stage, login, "put -a data.bin inbound/", ...program);
    assert.equal(on.status, 0, on.output);
    assert.ok((await school.get("/inbound/data.bin")).equals(roster), "whole");

    for (const [local, again] of [["back.bin", "reget"], ["back-a.bin", "get -a"]] as const) {
      const got = await cutter(stage.port, "service's");
      const command = `inbound/data.bin ${local}`;
      const get = runSftp(stage, { ...login, port: got.port }, `get ${command}`, ...program);
      const here = () => readFile(join(stage.folder, local)).catch(() => Buffer.alloc(0));
      await until(async () => (await here()).length > 0, "some of the file here");
      got.reset();
      assert.notEqual((await get).status, 0);
      assert.ok((await here()).length < roster.length, "cut short");
      const rest = await runSftp(stage, login, `${again} ${command}`, ...program);
      assert.equal(rest.status, 0, rest.output);
      assert.ok((await here()).equals(roster), `${again}: whole`);
    }
  });
}
