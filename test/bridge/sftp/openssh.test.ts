import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, utimesSync } from "node:fs";
import { createConnection } from "node:net";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { connect, OpenSsh, startWorld } from "./harness.ts";
import { until } from "../../until.ts";

test("OpenSSH's `sftp -b` puts, lists, renames, gets and deletes, and ends", async () => {
  await using world = await startWorld();
  using ssh = new OpenSsh(world.server.port);
  const content = randomBytes(5_000_000);
  const local = ssh.file("roster.csv", content);
  utimesSync(local, 1_600_000_000, 1_600_000_000);
  const back = ssh.file("back.csv");
  const { status, output, errors } = await ssh.sftp([
    "pwd",
    `put -p ${local} inbound/roster.csv`,
    "ls -l inbound",
    "chmod 600 inbound/roster.csv",
    "rename inbound/roster.csv inbound/again.csv",
    `get inbound/again.csv ${back}`,
    "rm inbound/again.csv",
    "-mkdir inbound/folder",
    "ls -1 /",
  ].join("\n"));
  assert.equal(status, 0, errors);
  assert.match(output, /Remote working directory: \//);
  assert.match(
    output,
    /^-rw-r--r-- +1 school +school +5000000 Sep 13 +2020 (inbound\/)?roster\.csv$/m,
  );
  assert.match(output, /^\/?inbound\s*$/m);
  assert.match(output, /^\/?outbound\s*$/m);
  assert.ok(readFileSync(back).equals(content));
  assert.equal(world.home.files.size, 0);
  await until(() => world.home.left === 1);
});

test("a file that is uploaded in pieces by `reput` arrives whole", async () => {
  await using world = await startWorld();
  using ssh = new OpenSsh(world.server.port);
  const content = randomBytes(300_000);
  world.home.put("/inbound/roster.csv", content.subarray(0, 100_000));
  const local = ssh.file("roster.csv", content);
  const { status, errors } = await ssh.sftp(`reput ${local} inbound/roster.csv`);
  assert.equal(status, 0, errors);
  assert.ok(world.home.files.get("/inbound/roster.csv")!.bytes.equals(content));
});

test("scp in SFTP mode copies both ways and exits 0; the old protocol is refused", async () => {
  await using world = await startWorld();
  using ssh = new OpenSsh(world.server.port);
  const local = ssh.file("roster.csv", "a,b\r\n");
  const there = await ssh.scp("-s", local, "school@127.0.0.1:inbound/roster.csv");
  assert.equal(there.status, 0, there.errors);
  const back = ssh.file("back.csv");
  const again = await ssh.scp("-s", "school@127.0.0.1:inbound/roster.csv", back);
  assert.equal(again.status, 0, again.errors);
  assert.equal(readFileSync(back, "utf8"), "a,b\r\n");
  const old = await ssh.scp("-O", local, "school@127.0.0.1:inbound/old.csv");
  assert.notEqual(old.status, 0);
  assert.notEqual(old.status, null);
  assert.equal(world.home.files.has("/inbound/old.csv"), false);
});

test("no shell, no exec and no other subsystem: `ssh -T`, `ssh host command`, `ssh -s` are refused", async () => {
  await using world = await startWorld();
  using ssh = new OpenSsh(world.server.port);
  const attempts = [
    ["-T", "school@127.0.0.1"],
    ["-tt", "school@127.0.0.1"],
    ["school@127.0.0.1", "id"],
    ["-X", "-A", "-T", "school@127.0.0.1"],
    ["-s", "school@127.0.0.1", "netconf"],
  ];
  for (const args of attempts) {
    const { status, output, errors } = await ssh.ssh(...args);
    assert.equal(status, 255, args.join(" "));
    assert.equal(output, "");
    assert.match(errors, /request failed|refused|failed/i);
  }
  assert.equal(world.visitors.length, 0, "no home was entered");
});

test("no port forwarding: `ssh -R` fails and `ssh -L` reaches nothing", async () => {
  await using world = await startWorld();
  using ssh = new OpenSsh(world.server.port);
  const remote = await ssh.ssh(
    ...["-N", "-o", "ExitOnForwardFailure=yes", "-R", "127.0.0.1:0:127.0.0.1:22"],
    "school@127.0.0.1",
  );
  assert.equal(remote.status, 255);
  assert.match(remote.errors, /remote port forwarding failed/i);
  const socketPath = ssh.file("forward.sock");
  const stream = await ssh.ssh(
    ...["-N", "-o", "ExitOnForwardFailure=yes", "-R", `/tmp/never.sock:${socketPath}`],
    "school@127.0.0.1",
  );
  assert.equal(stream.status, 255);

  // The client listens on a socket file, forwards to a port that is surely open: the server's own.
  const to = `127.0.0.1:${world.server.port}`;
  const args = [...ssh.options, "-N", "-L", `${socketPath}:${to}`, "school@127.0.0.1"];
  const child = spawn("/usr/bin/ssh", args, { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (text) => errors += text);
  try {
    let received: number | undefined;
    const dial = () => {
      const socket = createConnection(socketPath);
      let bytes = 0;
      socket.on("data", (data) => bytes += data.length);
      socket.on("error", () => setTimeout(dial, 20)); // Not listening yet.
      socket.on("end", () => received = bytes);
    };
    dial();
    await until(() => received !== undefined, "the forwarded connection to end");
    assert.equal(received, 0);
    await until(() => /open failed: administratively prohibited/.test(errors), errors);
  } finally {
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await exited;
  }
});

test("no SHA-1, no curves of NIST, no small groups, no MAC without encrypt-then-MAC", async () => {
  await using world = await startWorld();
  using ssh = new OpenSsh(world.server.port);
  const refusals = [
    "HostKeyAlgorithms=ssh-rsa",
    "KexAlgorithms=diffie-hellman-group14-sha1",
    "KexAlgorithms=diffie-hellman-group14-sha256",
    "KexAlgorithms=ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521",
    "Ciphers=aes128-cbc",
  ];
  for (const setting of refusals) {
    const { status, errors } = await ssh.sftp("pwd", "-o", setting);
    assert.equal(status, 255, setting);
    assert.match(
      errors,
      /no matching .* found\. Their offer: (?!.*(sha1\b|ssh-rsa|cbc|nist|group14))/i,
      setting,
    );
  }
  for (const mac of ["hmac-sha1", "hmac-sha2-256"]) {
    const { errors } = await ssh.sftp("pwd", "-o", "Ciphers=aes128-ctr", "-o", `MACs=${mac}`);
    assert.match(
      errors,
      /no matching MAC found\. Their offer: hmac-sha2-256-etm@openssh\.com,hmac-sha2-512-etm@openssh\.com\s/,
    );
  }
});

test("what OpenSSH 7.4, WinSCP, PuTTY, paramiko and lftp speak is spoken", async () => {
  await using world = await startWorld();
  using ssh = new OpenSsh(world.server.port);
  const settings = [
    ["HostKeyAlgorithms=rsa-sha2-512", "KexAlgorithms=curve25519-sha256@libssh.org"],
    ["HostKeyAlgorithms=rsa-sha2-256", "KexAlgorithms=curve25519-sha256"],
    ["HostKeyAlgorithms=ssh-ed25519", "KexAlgorithms=diffie-hellman-group18-sha512"],
    ["Ciphers=aes256-ctr", "MACs=hmac-sha2-256-etm@openssh.com"],
    ["Ciphers=chacha20-poly1305@openssh.com", "KexAlgorithms=diffie-hellman-group16-sha512"],
    ["Compression=yes", "PubkeyAcceptedAlgorithms=rsa-sha2-256"],
  ];
  for (const pair of settings) {
    const { status, errors } = await ssh.sftp("ls", ...pair.flatMap((one) => ["-o", one]));
    assert.equal(status, 0, `${pair}: ${errors}`);
  }
});

test("the server exchanges keys anew after so many bytes, in the middle of a transfer", async () => {
  await using world = await startWorld({ rekey: { bytes: 500_000, milliseconds: 3_600_000 } });
  using ssh = new OpenSsh(world.server.port);
  const content = randomBytes(4_000_000);
  const local = ssh.file("roster.csv", content);
  const back = ssh.file("back.csv");
  const batch = `put ${local} inbound/roster.csv\nget inbound/roster.csv ${back}`;
  const { status, errors } = await ssh.sftp(batch, "-v");
  assert.equal(status, 0, errors);
  assert.ok(readFileSync(back).equals(content));
  const exchanges = errors.match(/SSH2_MSG_KEXINIT received/g)!.length;
  assert.ok(exchanges >= 4, `${exchanges} exchanges`);
});

test("EXT_INFO names the signatures of the allowed keys and nothing else", async () => {
  await using world = await startWorld({ keyTypes: new Set(["rsa", "ed25519"]) });
  using ssh = new OpenSsh(world.server.port);
  const { errors } = await ssh.sftp("pwd", "-v");
  assert.match(errors, /server-sig-algs=<rsa-sha2-512,rsa-sha2-256,ssh-ed25519>/);
});

test("a refused login, a full house and an idle one are told why, as far as OpenSSH shows it", async () => {
  await using world = await startWorld({ limits: { sessionsPerSchool: 1 } });
  using ssh = new OpenSsh(world.server.port);
  const first = await connect(world.server.port);
  const second = await ssh.sftp("pwd");
  assert.equal(second.status, 255);
  assert.match(second.errors, /Rosters go into the folder inbound\//);
  assert.match(second.errors, /Not now: the school has 1 connections open/);
  first.end();
});

test("the banner says where rosters go and where help is, at the operator's own address", async () => {
  for (
    const [helpUrl, where] of [[null, /page "Clients"/], [
      "https://oak.edu/a",
      /oak\.edu\/a/,
    ]] as const
  ) {
    await using world = await startWorld({ helpUrl });
    using ssh = new OpenSsh(world.server.port);
    const { errors } = await ssh.sftp("pwd");
    const lines = errors.split(/\r?\n/);
    assert.ok(lines.some((line) => /^Rosters go into the folder inbound\//.test(line)), errors);
    assert.match(lines.find((line) => /^Help, also when this refuses you: /.test(line))!, where);
  }
});

test("keys may be exchanged anew in the middle of a transfer", async () => {
  await using world = await startWorld();
  using ssh = new OpenSsh(world.server.port);
  const content = randomBytes(3_000_000);
  const local = ssh.file("roster.csv", content);
  const back = ssh.file("back.csv");
  const batch = `put ${local} inbound/roster.csv\nget inbound/roster.csv ${back}`;
  const { status, errors } = await ssh.sftp(batch, "-o", "RekeyLimit=256K");
  assert.equal(status, 0, errors);
  assert.ok(readFileSync(back).equals(content));
});
