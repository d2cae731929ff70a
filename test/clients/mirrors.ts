/**
 * Whole folders at once, by clients that would keep two folders alike: into an empty inbound/ all of it
 * arrives, and no client ends with an error.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Service, startService, waitForName } from "../end-to-end/service.ts";
import { rcloneRemote, runLftp, runRclone } from "./hands.ts";
import { setStage, type Stage } from "./stage.ts";

const roster = (user: string) =>
  "Username,StudentId,LastName,FirstName,Telephone,Dob,RequirementGroup,Term,OnCampus\r\n" +
  `${user}@college.edu,,Rivera,Ana,,04/17/2004,,,1\r\n`;
const lists = Object.fromEntries(
  Array.from({ length: 8 }, (_, i) => [`list-${i}.dat`, randomBytes(200_000 + i)]),
);

let service: Service;
before(async () => {
  // Taken while the client is still there: rclone sets times over another of its connections.
  service = await startService({ bridge: { SETTLE_MS: "50" } });
});
after(() => service[Symbol.asyncDispose]());

/** A stage whose folder `sent` has the lists and two rosters. */
async function withFolder(slug: string): Promise<Stage> {
  const stage = await setStage(service, slug);
  await mkdir(join(stage.folder, "sent"));
  for (const [name, bytes] of Object.entries(lists)) await stage.local(`sent/${name}`, bytes);
  for (const name of ["ana", "ben"]) await stage.local(`sent/${name}.csv`, roster(name));
  return stage;
}

/** All that was in `sent` is there, whole, and each roster was processed once. */
async function arrived({ school }: Stage): Promise<void> {
  await waitForName(school, ".completed", 2);
  const names = await school.names();
  for (const name of ["ana", "ben"]) {
    const own = names.filter((each) => each.startsWith(`${name}.csv.`));
    assert.deepEqual(own.map((each) => each.split(".").at(-1)), ["completed", "original"]);
    const report = String(await school.get(`/inbound/${own[0]}`));
    assert.match(report, /1 row[^,]*: 1 added/);
  }
  const files = Object.keys(lists);
  assert.deepEqual(names.filter((name) => name.endsWith(".dat")), files);
  const there = await school.getAll(files.map((name) => `/inbound/${name}`));
  for (const [i, name] of files.entries()) assert.ok(there[i]!.equals(lists[name]!), name);
}

test("lftp mirror -R, one at a time and four at once", async () => {
  for (const [slug, ...more] of [["mirror"], ["mirror-p", "-P", "4"]]) {
    const stage = await withFolder(slug!);
    const login = { port: stage.port, slug: slug!, key: "key" };
    const done = await runLftp(
      stage,
      login,
      ["mirror", "-R", ...more, "sent", "inbound"].join(" "),
    );
    assert.equal(done.status, 0, done.output);
    await arrived(stage);
  }
});

test("lftp uploads four files at once", async () => {
  const stage = await withFolder("parallel");
  const login = { port: stage.port, slug: "parallel", key: "key" };
  const done = await runLftp(stage, login, "mput -P 4 -O inbound sent/*");
  assert.equal(done.status, 0, done.output);
  await arrived(stage);
});

for (const verb of ["sync", "copy", "move"]) {
  test(`rclone ${verb}`, async () => {
    const stage = await withFolder(`rclone-${verb}`);
    const remote = rcloneRemote(stage, {
      port: stage.port,
      slug: `rclone-${verb}`,
      key: "key",
    });
    const done = await runRclone(stage, verb, "sent", `${remote}inbound`);
    assert.equal(done.status, 0, done.output);
    await arrived(stage);
    if (verb === "move") {
      const left = await stage.run("find", ["sent", "-type", "f"]);
      assert.equal(left.output.trim(), "", "what has arrived is gone from here");
      return;
    }
    const words = ["check", "--one-way", "--include", "*.dat", "sent", `${remote}inbound`];
    const same = await runRclone(stage, ...words);
    assert.equal(same.status, 0, same.output);
    assert.match(same.output, /0 differences found/);
  });
}

test("rclone copies many rosters, each once, though they are taken before it sets their times", async () => {
  const stage = await setStage(service, "many");
  await mkdir(join(stage.folder, "sent"));
  const rosters = Array.from({ length: 60 }, (_, i) => `list-${i}.csv`);
  for (const name of rosters) await stage.local(`sent/${name}`, roster(name));
  const remote = rcloneRemote(stage, { port: stage.port, slug: "many", key: "key" });
  const done = await runRclone(stage, "copy", "sent", `${remote}inbound`);
  assert.equal(done.status, 0, done.output);
  await waitForName(stage.school, ".completed", rosters.length);
  const names = await stage.school.names();
  const sent = names.filter((name) => name.endsWith(".original")).map((name) => name.split(".")[0]);
  assert.deepEqual(sent.sort(), rosters.map((name) => name.split(".")[0]).sort());
});

test("rclone about shows the room that is left", async () => {
  const stage = await setStage(service, "about");
  const login = { port: stage.port, slug: "about", key: "key" };
  const { status, output } = await runRclone(stage, "about", rcloneRemote(stage, login));
  assert.equal(status, 0, output);
  assert.match(output, /Total: +\S+[\s\S]*Free: +\S+/);
});
