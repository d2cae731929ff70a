import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, utimesSync } from "node:fs";
import { createConnection } from "node:net";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { OpenSsh, startWorld, until } from "./harness.ts";

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

test("algorithms that use SHA-1 are not spoken, for host keys, MACs and key exchange", async () => {
  await using world = await startWorld();
  using ssh = new OpenSsh(world.server.port);
  const refusals = [
    "HostKeyAlgorithms=ssh-rsa",
    "KexAlgorithms=diffie-hellman-group14-sha1",
    "Ciphers=aes128-cbc",
  ];
  for (const setting of refusals) {
    const { status, errors } = await ssh.sftp("pwd", "-o", setting);
    assert.equal(status, 255, setting);
    assert.match(
      errors,
      /no matching .* found\. Their offer: (?!.*(sha1\b|ssh-rsa|cbc))/i,
      setting,
    );
  }
  const mac = await ssh.sftp("pwd", "-o", "Ciphers=aes128-ctr", "-o", "MACs=hmac-sha1");
  assert.match(mac.errors, /no matching MAC found\. Their offer: (?!.*(sha1|md5))/i);
});

test("what OpenSSH 7.4, WinSCP, paramiko, lftp and JSch speak is spoken", async () => {
  await using world = await startWorld();
  using ssh = new OpenSsh(world.server.port);
  const settings = [
    ["HostKeyAlgorithms=rsa-sha2-512", "KexAlgorithms=curve25519-sha256@libssh.org"],
    ["HostKeyAlgorithms=rsa-sha2-256", "KexAlgorithms=ecdh-sha2-nistp256"],
    ["HostKeyAlgorithms=ssh-ed25519", "KexAlgorithms=diffie-hellman-group14-sha256"],
    ["Ciphers=aes256-ctr", "MACs=hmac-sha2-256"],
    ["Ciphers=chacha20-poly1305@openssh.com", "KexAlgorithms=diffie-hellman-group16-sha512"],
    ["Compression=yes", "PubkeyAcceptedAlgorithms=rsa-sha2-256"],
  ];
  for (const pair of settings) {
    const { status, errors } = await ssh.sftp("ls", ...pair.flatMap((one) => ["-o", one]));
    assert.equal(status, 0, `${pair}: ${errors}`);
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
