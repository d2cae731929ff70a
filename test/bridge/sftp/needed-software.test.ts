import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { neededSoftware } from "../../../bridge/sftp/needed-software.ts";
import { startWorld } from "./harness.ts";
import { until } from "../../until.ts";

test("what is needed in the place of a client that is too old is known by its name", () => {
  const old = {
    "libssh2_1.10.0": "libssh2 1.11 or newer",
    "JSCH-0.1.54": "com.github.mwiede:jsch",
    "OpenSSH_7.3p1 Debian-1": "OpenSSH 7.4 or newer",
    "PuTTY_Release_0.74": "PuTTY 0.75 or newer",
    "paramiko_2.8.1": "paramiko 2.9 or newer",
    "phpseclib_2.0 (openssl)": "phpseclib 3 or newer",
  };
  for (const [software, needed] of Object.entries(old)) {
    assert.equal(neededSoftware(software), needed);
  }
  const fine = [
    ...["libssh2_1.11.0", "libssh2_2.0.0", "JSCH_0.2.17", "OpenSSH_10.0", "OpenSSH_7.4"],
    ...["PuTTY_Release_0.78", "paramiko_2.12.0", "phpseclib_3.0 (openssl)", "Other_0.1", ""],
  ];
  for (const software of fine) assert.equal(neededSoftware(software), undefined, software);
});

test("the line of a client that is too old names it and what is needed, whoever else came from its address", async () => {
  await using world = await startWorld();
  for (const software of ["Scan_1", "Scan_1", "Scan_1", "libssh2_1.10.0"]) {
    const socket = connect(world.server.port, "127.0.0.1");
    await once(socket, "data");
    socket.end(`SSH-2.0-${software}\r\n`);
    socket.resume();
    await once(socket, "close");
  }
  const line = () => world.logs.find(({ fields }) => fields?.client === "libssh2_1.10.0");
  await until(() => line() !== undefined, "a line that names the software");
  assert.equal(line()!.fields!.needed, "libssh2 1.11 or newer");
});
