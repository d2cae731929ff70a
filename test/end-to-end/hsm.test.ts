// The master key in a PKCS#11 token: the whole way, and a token that is away at the start and later.
import assert from "node:assert/strict";
import { chmod, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { PIN, softHsm, SOFTHSM_MODULE } from "../bridge/vault/keys/softhsm.ts";
import { startBridge } from "./processes.ts";
import { startService } from "./service.ts";
import { until } from "../until.ts";

const hsm = softHsm();
after(() => hsm.remove());
const pinFile = join(hsm.folder, "pin");
await writeFile(pinFile, `${PIN}\n`, { mode: 0o600 });

const withToken = {
  ...hsm.environment,
  KEYRING: "pkcs11",
  PKCS11_MODULE: SOFTHSM_MODULE,
  PKCS11_TOKEN_LABEL: "bridge",
  PKCS11_PIN_FILE: pinFile,
};
const header =
  "Username,StudentId,LastName,FirstName,Telephone,Dob,RequirementGroup,Term,OnCampus\n";
const roster = (name: string) => `${header}${name}@uni.example,,${name},,,,,,1\n`;

test("with the master key in a token a roster goes the whole way, and a token that goes away stops only what needs it", async () => {
  const healthPort = "0";
  await using service = await startService({ bridge: { ...withToken, HEALTH_PORT: healthPort } });
  const one = await service.addSchool("one");
  const two = await service.addSchool("two");
  await one.put("/inbound/roster.csv", roster("ann"));
  await two.put("/inbound/roster.csv", roster("bob"));
  for (const school of [one, two]) {
    await until(async () => (await school.names()).some((name) => name.endsWith(".completed")));
  }
  assert.equal((await readdir(join(service.folder, "bridge"))).includes("master.key"), false);

  // Nothing of either is in memory; then only of the first.
  await service.restartBridge();
  await one.put("/inbound/again.csv", roster("ann"));
  hsm.takeAway();
  try {
    await one.put("/inbound/more.csv", roster("ann"));
    await until(async () =>
      (await one.names()).some((name) => /^more\.csv\..*\.completed$/.test(name))
    );
    await assert.rejects(
      two.put("/inbound/more.csv", roster("bob")),
      /cannot open your storage key just now, so this could not be done and nothing was changed/,
    );
    const { status, body } = await health(service.bridge.listening["health"]!);
    assert.equal(status, 503);
    assert.deepEqual(body.reasons.map(({ trouble }: { trouble: string }) => trouble), [
      "keyring_away",
    ]);
  } finally {
    hsm.bringBack();
  }
  await until(async () => (await health(service.bridge.listening["health"]!)).status === 200);
  await two.put("/inbound/more.csv", roster("bob"));
  assert.match(service.bridge.output(), /"trouble.begins","what":"the token with the master key/);
  assert.match(service.bridge.output(), /"trouble.ends","what":"the token with the master key/);
  assert.equal(service.bridge.output().includes(PIN), false);
});

test("a token that is away at the start is said in one line with exit code 75, a wrong setting with 78", async () => {
  const environment = {
    ...withToken,
    DATA_DIR: join(hsm.folder, "data"),
    SFTP_PORT: "0",
    HEALTH_PORT: "0",
    WORKER_URL: "http://127.0.0.1:9",
    BRIDGE_TOKEN: "0123456789abcdef-bridge",
  };
  const refused = async (settings: Record<string, string>, code: number, says: RegExp) => {
    const error = await startBridge({ ...environment, ...settings }).then(
      () => assert.fail("it started"),
      (error: Error) => error,
    );
    const [, found, line] = /ended with (\d+): (.*)\n$/s.exec(error.message)!;
    assert.equal(Number(found), code, error.message);
    assert.match(line!, says);
    assert.equal(line!.includes("\n"), false, line);
  };
  await refused({ PKCS11_TOKEN_LABEL: "else" }, 75, /The token "else" is not there: it has/);
  hsm.takeAway();
  await refused({}, 75, /The token "bridge" (is not there|does not answer)/).finally(hsm.bringBack);
  await refused(
    { PKCS11_MODULE: "/nowhere.so" },
    78,
    /^PKCS11_MODULE is "\/nowhere\.so"; it takes/,
  );
  await refused({ KEYRING: "hsm" }, 78, /^KEYRING is "hsm"; it takes file or pkcs11\.$/);
  await refused(
    { PKCS11_PIN_FILE: "" },
    78,
    /^PKCS11_PIN_FILE is not set; KEYRING=pkcs11 requires/,
  );
  await refused({ PKCS11_PIN_FILE: join(hsm.folder, "none") }, 78, /^PKCS11_PIN_FILE: ENOENT/);
  const wrong = join(hsm.folder, "wrong");
  await writeFile(wrong, "another", { mode: 0o600 });
  await refused({ PKCS11_PIN_FILE: wrong }, 78, /PKCS11_PIN_FILE is refused by the token/);
  await chmod(wrong, 0o644);
  await refused({ PKCS11_PIN_FILE: wrong }, 78, /^PKCS11_PIN_FILE: .*mode 0644.*must be 0600/);
});

async function health(address: string) {
  const response = await fetch(`http://${address}/healthz`);
  return { status: response.status, body: await response.json() };
}
