/**
 * What a person reads in each client when something is refused: docs/clients.md says the same. All are
 * one school, so that the ways to be refused stand beside each other.
 */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Client } from "ssh2";
import { connect } from "../bridge/sftp/harness.ts";
import { makeKey, type Service, startService } from "../end-to-end/service.ts";
import { type Hand, handsOf, type Login } from "./hands.ts";
import { compileHand } from "./jsch.ts";
import { fetchNewer } from "./newer-debian.ts";
import { type Outcome, setStage, type Stage } from "./stage.ts";

let service: Service;
let stage: Stage;
let crowd: Client[];
let own: Login, crowded: Login, stranger: Login;
before(async () => {
  fetchNewer();
  compileHand();
  service = await startService({
    bridge: { MAX_UPLOAD_BYTES: "1000000", NEVER_BANNED: "127.0.0.1" },
  });
  stage = await setStage(service, "refused");
  const full = await service.addSchool("crowded");
  const write = (name: string, key: string) =>
    writeFile(join(stage.folder, name), key, { mode: 0o600 });
  await write("crowded", full.privateKey);
  await write("unknown", makeKey().privateKey);
  // As ssh-keygen writes them: paramiko says other things of PEM.
  for (const name of ["key", "crowded", "unknown"]) {
    const made = await stage.run("ssh-keygen", ["-q", "-p", "-P", "", "-N", "", "-f", name]);
    assert.equal(made.status, 0, made.output);
  }
  await stage.local("roster.csv", "Username\r\n");
  await stage.local("large.dat", Buffer.alloc(3_000_000, "x"));
  const { port } = stage;
  own = { port, slug: "refused", key: "key" };
  crowded = { port, slug: "crowded", key: "crowded" };
  stranger = { port, slug: "refused", key: "unknown" };
  const { slug: username, privateKey } = full;
  crowd = [];
  for (let i = 0; i < 32; i++) crowd.push(await connect(port, { username, privateKey }));
});
after(async () => {
  for (const one of crowd) one.end();
  await service[Symbol.asyncDispose]();
});

const reasons: Record<string, (hand: Hand) => Promise<Outcome>> = {
  "an upload into /": (hand) => hand.upload(own, "roster.csv", "/roster.csv"),
  "a new folder": (hand) => hand.mkdir(own, "/inbound/new"),
  "a file of evidence": (hand) => hand.upload(own, "roster.csv", "/inbound/roster.csv.completed"),
  "a file over the limit": (hand) => hand.upload(own, "large.dat", "/inbound/large.dat"),
  "the 33rd connection": (hand) => hand.upload(crowded, "roster.csv", "/inbound/x.dat"),
  "an unknown key": (hand) => hand.upload(stranger, "roster.csv", "/inbound/x.dat"),
};

/** The service's own sentences. */
const sentences = [
  /Rosters go into \/inbound: send it as \/inbound\/roster\.csv; nothing was stored\./,
  /Folders cannot be made: this home has the two folders \/inbound and \/outbound\./,
  /Files named \*\.original and \*\.completed are evidence/,
  /large\.dat is larger than 1000000 bytes \(1 MiB\), the most a file may have\./,
  /Not now: the school has 32 connections open, which is the most; close one of them first\./,
] as const;
const [root, folder, evidence, size, full] = sentences;

/** What each shows, in the order of the reasons above. */
const shown: Record<string, readonly RegExp[]> = {
  "OpenSSH sftp": [
    /dest open "\/roster\.csv": Permission denied/,
    /remote mkdir "\/inbound\/new": Permission denied/,
    /dest open "\/inbound\/roster\.csv\.completed": Permission denied/,
    /write remote "\/inbound\/large\.dat": Failure/,
    full,
    /Permission denied \(publickey\)/,
  ],
  "OpenSSH scp": [
    /dest open "\/roster\.csv": Permission denied/,
    /stat remote: No such file or directory/,
    /dest open "\/inbound\/roster\.csv\.completed": Permission denied/,
    /write remote "\/inbound\/large\.dat": Failure/,
    full,
    /Permission denied \(publickey\)/,
  ],
  lftp: [root, folder, evidence, size, /Disconnected from/, /Permission denied \(publickey\)/],
  rclone: [
    /permission denied/,
    /permission denied/,
    /permission denied/,
    size,
    full,
    /unable to authenticate/,
  ],
  "PuTTY psftp": [
    /\/roster\.csv: open for write: permission denied/,
    /mkdir \/inbound\/new: permission denied/,
    /roster\.csv\.completed: open for write: permission denied/,
    /error while writing: failure/,
    full,
    /Server refused our key/,
  ],
  "PuTTY pscp": [
    /unable to open \/roster\.csv: permission denied/,
    /unable to create directory \/inbound\/new: permission denied/,
    /unable to open \/inbound\/roster\.csv\.completed: permission denied/,
    /error while writing: failure/,
    full,
    /Server refused our key/,
  ],
  "curl of Debian 13": [
    /Upload failed: Permission denied/,
    /mkdir command failed: Permission denied/,
    /Upload failed: Permission denied/,
    /Error in the SSH layer/,
    /Authentication failure/,
    /Authentication failure/,
  ],
  sshfs: [
    /Permission denied/,
    /Permission denied/,
    /Permission denied/,
    /Input\/output error/,
    /Connection reset by peer/,
    /Connection reset by peer/,
  ],
  paramiko: [
    root,
    folder,
    evidence,
    /size mismatch in put!/,
    /Authentication failed/,
    /Authentication failed/,
  ],
  asyncssh: [...sentences, /PermissionDenied: Permission denied/],
  phpseclib: [...sentences, /SSH_MSG_USERAUTH_FAILURE/],
  JSch: [...sentences, /Auth fail/],
  "ssh2-sftp-client": [...sentences, /All configured authentication methods failed/],
};

for (const [name, patterns] of Object.entries(shown)) {
  test(`what is read in ${name}`, async () => {
    const hand = handsOf(stage)[name]!;
    for (const [i, [reason, attempt]] of Object.entries(reasons).entries()) {
      const { status, output } = await attempt(hand);
      const what = `${name}, ${reason}: ${output}`;
      assert.notEqual(status, 0, what);
      assert.match(output, patterns[i]!, what);
    }
  });
}
