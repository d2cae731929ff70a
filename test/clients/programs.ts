/**
 * The clients that schools have, each against the whole service: upload, over an existing name, by
 * temporary name and rename, resume, list, download, delete, and what its person reads when something
 * is refused. A client that is not installed fails by its name (.ci/run installs them).
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import Client from "ssh2-sftp-client";
import { type Service, startService, waitForName } from "../end-to-end/service.ts";
import { compileHand, jschHand } from "./jsch.ts";
import { fetchNewer, newer, ssh10 } from "./newer-debian.ts";
import { here, setStage, sshOptions, type Stage } from "./stage.ts";
import { until } from "../until.ts";

const roster =
  "Username,StudentId,LastName,FirstName,Telephone,Dob,RequirementGroup,Term,OnCampus\r\n" +
  "ana@college.edu,A1,Rivera,Ana,,04/17/2004,,,1\r\n";
const content = randomBytes(3_000_000);

let service: Service;
before(async () => {
  fetchNewer();
  compileHand();
  service = await startService();
});
after(() => service[Symbol.asyncDispose]());

function client(name: string, play: (stage: Stage) => Promise<void>): void {
  const slug = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  test(name, async () => {
    const stage = await setStage(service, slug);
    await stage.local("big.dat", content);
    await stage.local("part.dat", content.subarray(0, 1_000_000));
    await stage.local("roster.csv", roster);
    await play(stage);
  });
}

/** What the client says it stored is there, whole. */
async function stored(stage: Stage, ...names: string[]): Promise<void> {
  for (const name of names) {
    assert.ok((await stage.school.get(`/inbound/${name}`)).equals(content), name);
  }
}

/** What the client fetched is what was there. */
function fetched({ folder }: Stage): void {
  assert.ok(readFileSync(join(folder, "back.dat")).equals(content));
}

/** The roster it sent was processed. */
async function processed(stage: Stage): Promise<void> {
  await waitForName(stage.school, /^roster\.csv\..*\.completed$/);
}

async function empty(stage: Stage): Promise<void> {
  const names = await stage.school.names("/inbound");
  assert.deepEqual(names.filter((name) => name.endsWith(".dat")), []);
}

for (
  const [name, program, ...words] of [
    ["OpenSSH sftp", "sftp"],
    ["OpenSSH 10 sftp", newer, "sftp", "-S", ssh10],
  ] as const
) {
  client(name, async (stage) => {
    const sftp = (batch: string, ...more: string[]) =>
      stage.run(
        program,
        [...words, ...sshOptions(stage), ...more, "-b", "-", `${stage.school.slug}@127.0.0.1`],
        {
          input: batch,
        },
      );
    const first = await sftp([
      "put big.dat inbound/big.dat",
      "put -p big.dat inbound/big.dat",
      "put -f big.dat inbound/t.tmp",
      "rename inbound/t.tmp inbound/named.dat",
      "put big.dat inbound/t.tmp",
      "rename inbound/t.tmp inbound/named.dat",
      "put part.dat inbound/resumed.dat",
      "put roster.csv inbound/roster.csv",
      "ls -l inbound",
      "ls inbound/*.dat",
      "df inbound",
    ].join("\n"));
    assert.equal(first.status, 0, first.output);
    assert.match(first.output, /3000000 .* big\.dat/, "ls -l");
    await stage.local("resumed.dat", content);
    const second = await sftp(
      "reput resumed.dat inbound/resumed.dat\nget inbound/big.dat back.dat",
    );
    assert.equal(second.status, 0, second.output);
    await stored(stage, "big.dat", "named.dat", "resumed.dat");
    await stage.local("back.dat", content.subarray(0, 700_000));
    const wide = await sftp("reget inbound/big.dat back.dat", "-B", "262144", "-R", "4");
    assert.equal(wide.status, 0, wide.output);
    fetched(stage);
    const gone = await sftp("rm inbound/*.dat");
    assert.equal(gone.status, 0, gone.output);
    await empty(stage);
    await processed(stage);
    const refused = await sftp("put roster.csv roster.csv");
    assert.equal(refused.status, 1);
    assert.match(refused.output, /Rosters go into the folder inbound\//, "the banner");
    assert.match(refused.output, /Permission denied/);
  });
}

client("OpenSSH scp", async (stage) => {
  const scp = (...files: string[]) => stage.run("scp", ["-s", ...sshOptions(stage), ...files]);
  const remote = (path: string) => `${stage.school.slug}@127.0.0.1:${path}`;
  for (const more of [[], ["-p"]]) {
    const put = await scp(...more, "big.dat", remote("inbound/big.dat"));
    assert.equal(put.status, 0, put.output);
  }
  await stored(stage, "big.dat");
  const get = await scp(remote("inbound/big.dat"), "back.dat");
  assert.equal(get.status, 0, get.output);
  fetched(stage);
  const refused = await scp("big.dat", remote("outbound/"));
  assert.match(refused.output, /Permission denied/);
});

client("lftp", async (stage) => {
  const ssh = ["ssh", "-a", "-x", ...sshOptions(stage)].join(" ");
  const lftp = (...commands: string[]) =>
    stage.run("lftp", [
      "-c",
      [
        `set sftp:connect-program "${ssh}"`,
        "set net:max-retries 1",
        "set cmd:fail-exit yes",
        `open sftp://${stage.school.slug}:@127.0.0.1:${stage.port}`,
        ...commands,
      ].join("; "),
    ]);
  const first = await lftp(
    "put big.dat -o inbound/big.dat",
    "put big.dat -o inbound/big.dat",
    "set xfer:use-temp-file yes",
    "put big.dat -o inbound/named.dat",
    "put part.dat -o inbound/resumed.dat",
    "ls inbound",
  );
  assert.equal(first.status, 0, first.output);
  const second = await lftp(
    "put -c big.dat -o inbound/resumed.dat",
    "get inbound/big.dat -o back.dat",
    "put roster.csv -o inbound/roster.csv",
  );
  assert.equal(second.status, 0, second.output);
  assert.match(first.output, /3000000 .* big\.dat/, "the list");
  fetched(stage);
  await stored(stage, "big.dat", "named.dat", "resumed.dat");
  const gone = await lftp("mrm inbound/*.dat");
  assert.equal(gone.status, 0, gone.output);
  await empty(stage);
  await processed(stage);
  const refused = await lftp("put roster.csv -o roster.csv");
  assert.match(refused.output, /You may write, rename and delete files in \/inbound/);
});

client("rclone", async (stage) => {
  const remote = `:sftp,host=127.0.0.1,port=${stage.port},user=${stage.school.slug},` +
    `key_file=${join(stage.folder, "key")},shell_type=none:`;
  const rclone = (...words: string[]) =>
    stage.run("rclone", ["--config", join(stage.folder, "none"), "--retries", "1", ...words]);
  for (
    const words of [
      ["copyto", "big.dat", `${remote}inbound/big.dat`],
      ["copyto", "--ignore-times", "big.dat", `${remote}inbound/big.dat`],
      ["moveto", "--ignore-times", `${remote}inbound/big.dat`, `${remote}inbound/named.dat`],
      ["copyto", "big.dat", `${remote}inbound/big.dat`],
      ["lsl", `${remote}inbound`],
      ["check", "--one-way", "--download", "--include", "big.dat", ".", `${remote}inbound`],
      ["copyto", `${remote}inbound/big.dat`, "back.dat"],
      ["copyto", "roster.csv", `${remote}inbound/roster.csv`],
    ]
  ) {
    const done = await rclone(...words);
    assert.equal(done.status, 0, `${words}: ${done.output}`);
    if (words[0] === "lsl") assert.match(done.output, /3000000 .* named\.dat/);
  }
  await stored(stage, "big.dat", "named.dat");
  fetched(stage);
  const gone = await rclone("delete", "--include", "*.dat", `${remote}inbound`);
  assert.equal(gone.status, 0, gone.output);
  await empty(stage);
  await processed(stage);
  const refused = await rclone("copyto", "roster.csv", `${remote}roster.csv`);
  assert.notEqual(refused.status, 0);
  assert.match(refused.output, /permission denied/i);
});

client("PuTTY psftp and pscp", async (stage) => {
  const key = await stage.run("puttygen", ["key", "-o", "key.ppk"]);
  assert.equal(key.status, 0, key.output);
  const options = ["-batch", "-hostkey", stage.hostKey, "-i", "key.ppk", "-P", String(stage.port)];
  const psftp = async (batch: string) => {
    const file = await stage.local("batch", batch);
    return stage.run("psftp", [...options, "-b", file, `${stage.school.slug}@127.0.0.1`]);
  };
  const first = await psftp([
    "put big.dat inbound/big.dat",
    "put big.dat inbound/big.dat",
    "put big.dat inbound/t.tmp",
    "mv inbound/t.tmp inbound/named.dat",
    "put part.dat inbound/resumed.dat",
    "put roster.csv inbound/roster.csv",
    "ls inbound",
  ].join("\n"));
  assert.equal(first.status, 0, first.output);
  const second = await psftp("reput big.dat inbound/resumed.dat\nget inbound/big.dat back.dat\n");
  assert.equal(second.status, 0, second.output);
  assert.match(first.output, /3000000 .* big\.dat/, "the list");
  fetched(stage);
  await stored(stage, "big.dat", "named.dat", "resumed.dat");
  const gone = await psftp("rm inbound/*.dat");
  assert.equal(gone.status, 0, gone.output);
  await empty(stage);
  const pscp = (...words: string[]) => stage.run("pscp", [...options, ...words]);
  const remote = `${stage.school.slug}@127.0.0.1:inbound/big.dat`;
  for (let i = 0; i < 2; i++) {
    const copied = await pscp("-p", "big.dat", remote);
    assert.equal(copied.status, 0, copied.output);
  }
  await stored(stage, "big.dat");
  const listed = await pscp("-ls", remote.replace("big.dat", ""));
  assert.match(listed.output, /3000000 .* big\.dat/);
  await stage.local("back.dat", "");
  const back = await pscp(remote, "back.dat");
  assert.equal(back.status, 0, back.output);
  fetched(stage);
  await processed(stage);
  const refused = await psftp("put roster.csv roster.csv");
  assert.match(refused.output, /permission denied/);
});

for (
  const [name, program, script] of [
    ["paramiko", "/usr/bin/python3", "paramiko_client.py"],
    ["asyncssh", "/usr/bin/python3", "asyncssh_client.py"],
    ["phpseclib", "php", "phpseclib.php"],
  ] as const
) {
  client(name, async (stage) => {
    const { slug } = stage.school;
    const played = await stage.run(program, [here(script), String(stage.port), slug, "key"]);
    assert.match(played.output, /^done$/m, played.output);
    assert.match(played.output, /refused: .*You may write, rename and delete files in \/inbound/);
    await empty(stage);
  });
}

client("JSch", async (stage) => {
  const { slug } = stage.school;
  const run = (version: "0.1.55" | "0.2") =>
    stage.run("java", [...jschHand(version), String(stage.port), slug, "key", "play"]);
  const played = await run("0.2");
  assert.match(played.output, /^done$/m, played.output);
  assert.match(
    played.output,
    /refused: Rosters go into \/inbound: send it as \/inbound\/roster\.csv/,
  );
  await empty(stage);
  // Debian 12's signs with SHA-1 only, and is told apart in the log.
  const older = await run("0.1.55");
  assert.equal(older.status, 1, older.output);
  assert.match(older.output, /Algorithm negotiation fail/);
  const logged = () => stage.service.bridge.output().split("\n");
  const line = () => logged().find((one) => /connection_error/.test(one) && /JSCH/.test(one));
  await until(() => line() !== undefined, "the log's line");
  assert.match(line()!, /"needed":"com\.github\.mwiede:jsch"/);
});

client("ssh2-sftp-client", async (stage) => {
  const sftp = new Client();
  await sftp.connect({
    host: "127.0.0.1",
    port: stage.port,
    username: stage.school.slug,
    privateKey: stage.school.privateKey,
  });
  const local = join(stage.folder, "big.dat");
  await sftp.put(local, "inbound/big.dat");
  await sftp.fastPut(local, "inbound/big.dat");
  await sftp.put(content, "inbound/t.tmp");
  await sftp.posixRename("inbound/t.tmp", "inbound/named.dat");
  await sftp.put(content.subarray(0, 1_000_000), "inbound/resumed.dat");
  await sftp.append(content.subarray(1_000_000), "inbound/resumed.dat");
  assert.ok((await sftp.list("inbound")).some(({ name }) => name === "big.dat"));
  assert.ok((await sftp.get("inbound/big.dat") as Buffer).equals(content));
  await stored(stage, "big.dat", "named.dat", "resumed.dat");
  for (const name of ["big.dat", "named.dat", "resumed.dat"]) await sftp.delete(`inbound/${name}`);
  await empty(stage);
  await assert.rejects(sftp.put(local, "roster.csv"), /[Pp]ermission|You may write/);
  await sftp.end();
});

client("sshfs", async (stage) => {
  await stage.run("mkdir", ["mount"]);
  const mounted = await stage.run("sshfs", [
    `${stage.school.slug}@127.0.0.1:/`,
    "mount",
    // It knows -o and -F, but no -i.
    ...sshOptions(stage).flatMap((word) => word === "-i" ? ["-o"] : [word])
      .map((word) => word === join(stage.folder, "key") ? `IdentityFile=${word}` : word),
  ]);
  assert.equal(mounted.status, 0, `sshfs needs /dev/fuse: ${mounted.output}`);
  try {
    const script = [
      "set -e",
      "cp big.dat mount/inbound/big.dat",
      "cp -p big.dat mount/inbound/big.dat",
      "cp part.dat mount/inbound/resumed.dat",
      "tail -c +1000001 big.dat >> mount/inbound/resumed.dat",
      "mv mount/inbound/big.dat mount/inbound/named.dat",
      "printf 'one\\n' > mount/inbound/words.dat",
      "sed -i s/one/two/ mount/inbound/words.dat",
      "grep -q two mount/inbound/words.dat",
      "cmp big.dat mount/inbound/named.dat",
      "ls -l mount/inbound",
    ].join("\n");
    const done = await stage.run("sh", ["-c", script]);
    assert.equal(done.status, 0, done.output);
    await stored(stage, "named.dat", "resumed.dat");
    const gone = await stage.run("sh", ["-c", "rm mount/inbound/*.dat"]);
    assert.equal(gone.status, 0, gone.output);
    await empty(stage);
    const refused = await stage.run("sh", ["-c", "cp big.dat mount/outbound/x.dat"]);
    assert.match(refused.output, /Permission denied/);
  } finally {
    await stage.run("fusermount", ["-u", "mount"]).catch(() => stage.run("umount", ["mount"]));
  }
});

client("curl", async (stage) => {
  const { output: version } = await stage.run("curl", ["--version"]);
  const libssh2 = /libssh2\/1\.(\d+)/.exec(version);
  assert.ok(libssh2, "curl's sftp is libssh2's");
  if (Number(libssh2[1]) >= 11) return await playCurl(stage, "curl");
  // It signs with SHA-1 only: refused, and the log names the software and what is needed.
  const put = await curlOf(stage, "curl")("-T", "big.dat", at(stage, "big.dat"));
  assert.notEqual(put.status, 0);
  const said = () =>
    service.bridge.output().split("\n").some((line) =>
      /sftp\.(connection_error|refused|left)/.test(line) && line.includes("libssh2_1.") &&
      line.includes('"needed":"libssh2 1.11 or newer"')
    );
  await until(said, "a line that names curl's library");
});

client("curl of Debian 13", (stage) => playCurl(stage, newer, "curl"));

const at = ({ port }: Stage, name: string) => `sftp://127.0.0.1:${port}/inbound/${name}`;

function curlOf(stage: Stage, program: string, ...first: string[]) {
  const login = ["-sS", "--insecure", "--user", `${stage.school.slug}:`, "--key", "key"];
  return async (...words: string[]) => {
    await stage.run("sh", ["-c", "ssh-keygen -y -f key > key.pub"]);
    return await stage.run(program, [...first, ...login, "--pubkey", "key.pub", ...words]);
  };
}

async function playCurl(stage: Stage, program: string, ...first: string[]): Promise<void> {
  const curl = curlOf(stage, program, ...first);
  for (
    const words of [
      ["-T", "big.dat", at(stage, "big.dat")],
      ["-T", "big.dat", at(stage, "big.dat")],
      ["-T", "big.dat", "-Q", "-rename /inbound/t.tmp /inbound/named.dat", at(stage, "t.tmp")],
      ["-T", "part.dat", at(stage, "resumed.dat")],
      ["-T", "big.dat", "-C", "-", at(stage, "resumed.dat")],
      ["-o", "back.dat", at(stage, "big.dat")],
      ["-T", "roster.csv", at(stage, "roster.csv")],
    ]
  ) {
    const done = await curl(...words);
    assert.equal(done.status, 0, `${words}: ${done.output}`);
  }
  fetched(stage);
  await stored(stage, "big.dat", "named.dat", "resumed.dat");
  const listed = await curl(at(stage, ""));
  assert.match(listed.output, /3000000 .* big\.dat/);
  const rm = ["big", "named", "resumed"].flatMap((name) => ["-Q", `rm /inbound/${name}.dat`]);
  const gone = await curl(...rm, at(stage, ""), "-o", "list");
  assert.equal(gone.status, 0, gone.output);
  await empty(stage);
  await processed(stage);
  const refused = await curl("-T", "roster.csv", at(stage, "").replace("inbound/", "roster.csv"));
  assert.notEqual(refused.status, 0);
  assert.match(refused.output, /Permission denied/i);
}
