import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, afterEach, test } from "node:test";
import {
  AES_KEY_GEN,
  findTemplate,
  type Handle,
  loadModule,
  newKeyTemplate,
  type Pkcs11,
  SESSION_FLAGS,
} from "../../../../bridge/vault/keys/pkcs11.ts";
import { pkcs11Keyring, type TokenPlace } from "../../../../bridge/vault/keys/pkcs11-keyring.ts";
import { keyringContract } from "./keyring-contract.ts";
import { softHsm, SOFTHSM_MODULE } from "./softhsm.ts";

const hsm = softHsm();
const open: { close(): void }[] = [];

async function opened(place: TokenPlace, { mayBeNew = true } = {}) {
  const keyring = await pkcs11Keyring(place, { mayBeNew });
  open.push(keyring);
  return keyring;
}

afterEach(() => open.splice(0).forEach((keyring) => keyring.close()));
after(() => hsm.remove());

keyringContract(
  "the PKCS#11 keyring",
  () => opened(hsm.place("bridge", "contract")),
  () => opened(hsm.place("bridge", "another")),
);

/** A session of somebody who has the PIN, beside the keyring's. */
function visit<Result>(work: (module: Pkcs11, session: Handle) => Result): Result {
  const module = loadModule(SOFTHSM_MODULE);
  const slot = module.C_GetSlotList(true).find((slot) =>
    module.C_GetTokenInfo(slot).label.trim() === "bridge"
  );
  const session = module.C_OpenSession(slot!, SESSION_FLAGS);
  try {
    return work(module, session);
  } finally {
    module.C_CloseSession(session);
  }
}

const CKA = { value: 0x11, valueLen: 0x161, sensitive: 0x103, extractable: 0x162, local: 0x163 };

test("the master key is made in the token, and its bytes never leave it", async () => {
  await opened(hsm.place("bridge", "inside"));
  visit((module, session) => {
    module.C_FindObjectsInit(session, findTemplate("inside"));
    const [key] = module.C_FindObjects(session, 2);
    module.C_FindObjectsFinal(session);
    const read = (type: number) => module.C_GetAttributeValue(session, key!, [{ type }])[0]!.value;
    assert.equal(read(CKA.valueLen).readUInt32LE(), 32);
    assert.equal(read(CKA.sensitive)[0], 1);
    assert.equal(read(CKA.extractable)[0], 0);
    assert.equal(read(CKA.local)[0], 1, "made in the token");
    assert.throws(() => read(CKA.value), /CKR_ATTRIBUTE_SENSITIVE/);
  });
});

test("a master key is not made where an earlier one has wrapped something", async () => {
  await assert.rejects(opened(hsm.place("bridge", "lost"), { mayBeNew: false }), {
    name: "KeyringError",
    message: /has no AES key labelled "lost".*no new one was made/,
  });
});

test("two keys of the label, and one that could leave the token, are refused", async () => {
  await opened(hsm.place("bridge", "double"));
  visit((module, session) => {
    module.C_GenerateKey(session, AES_KEY_GEN, newKeyTemplate("double", 32));
    const loose = newKeyTemplate("loose", 32)
      .map((attribute) => ({
        ...attribute,
        value: attribute.type === CKA.extractable || attribute.value,
      }));
    module.C_GenerateKey(session, AES_KEY_GEN, loose);
  });
  await assert.rejects(opened(hsm.place("bridge", "double")), {
    name: "KeyringError",
    message: /several AES keys labelled "double"/,
  });
  await assert.rejects(opened(hsm.place("bridge", "loose")), {
    name: "KeyringError",
    message: /could leave the token/,
  });
});

test("a wrong PIN is tried once, a token of another name is away, and both are said", async () => {
  const place = { ...hsm.place("other"), pin: "another" };
  await assert.rejects(opened(place), {
    name: "KeyringError",
    message: /PKCS11_PIN_FILE is refused by the token "other" \(CKR_PIN_INCORRECT\)/,
  });
  await assert.rejects(opened(hsm.place("elsewhere")), {
    name: "KeyringAway",
    message: /The token "elsewhere" is not there: it has bridge, other|it has other, bridge/,
  });
});

test("a PIN that was refused is not tried again, as the token would lock itself", async () => {
  const right = hsm.place("bridge", "locked");
  let tries = 0;
  let isRight = true;
  const keyring = await opened({
    ...right,
    get pin() {
      tries++;
      return isRight ? right.pin : "another";
    },
  });
  const wrapped = await keyring.wrap(randomBytes(32), "school:1:1");
  isRight = false;
  hsm.takeAway();
  await assert.rejects(keyring.check(), { name: "KeyringAway" });
  hsm.bringBack();
  tries = 0;
  for (let i = 0; i < 3; i++) {
    await assert.rejects(keyring.unwrap(wrapped, "school:1:1"), /CKR_PIN_INCORRECT.*tried once/);
  }
  assert.equal(tries, 1);
});

test("a module that is none is named", async () => {
  await assert.rejects(opened({ ...hsm.place(), module: "/nowhere/module.so" }), {
    name: "KeyringError",
    message: /PKCS11_MODULE is "\/nowhere\/module\.so"; it takes the shared library/,
  });
});

test("a token that is away says so, and does everything again when it is back", async () => {
  const keyring = await opened(hsm.place("bridge", "cable"));
  const key = randomBytes(32);
  const wrapped = await keyring.wrap(key, "school:1:1");
  hsm.takeAway();
  try {
    await assert.rejects(keyring.unwrap(wrapped, "school:1:1"), { name: "KeyringAway" });
    await assert.rejects(keyring.check(), { name: "KeyringAway" });
    await assert.rejects(keyring.wrap(key, "school:1:2"), { name: "KeyringAway" });
  } finally {
    hsm.bringBack();
  }
  assert.deepEqual(Buffer.from(await keyring.unwrap(wrapped, "school:1:1")), key);
  await keyring.check();
});

test("calls at the same time get each its own answer", async () => {
  const keyring = await opened(hsm.place("bridge", "many"));
  const keys = Array.from({ length: 40 }, () => randomBytes(32));
  const wrapped = await Promise.all(keys.map((key, at) => keyring.wrap(key, `school:${at}:1`)));
  const unwrapped = await Promise.all(
    wrapped.map((bytes, at) => keyring.unwrap(bytes, `school:${at}:1`)),
  );
  assert.deepEqual(unwrapped.map((bytes) => Buffer.from(bytes)), keys);
});
