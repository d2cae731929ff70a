import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import ssh2 from "ssh2";
import { KeyRefusal, type KeyRefusalCode } from "../../../worker/ssh-key/refusal.ts";
import type { KeyFamily } from "../../../shared/ssh-keys.ts";
import { readPublicKey } from "../../../worker/ssh-key/public-key.ts";
import {
  ecdsaLine,
  ed25519Line,
  line,
  otherLine,
  rsaLine,
  rsaNumbers,
  rsaWire,
  wire,
} from "./test-keys.ts";

const all: KeyFamily[] = ["rsa", "ed25519", "ecdsa"];
const numbers = rsaNumbers(2048);
const good = line("ssh-rsa", rsaWire(numbers), "Registrar's laptop");

async function refused(code: KeyRefusalCode, message: RegExp, text: string, allowed = all) {
  await assert.rejects(readPublicKey(text, allowed), (error) => {
    assert.ok(error instanceof KeyRefusal, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    const secret = text.replace(/\s/g, "").slice(40, 80);
    if (secret.length === 40) assert.ok(!error.message.includes(secret), "says nothing of the key");
    return true;
  });
}

describe("public keys", () => {
  test("RSA of 2048 bits or more, as OpenSSH writes it", async () => {
    const key = await readPublicKey(`\uFEFF# my key\r\n${good}\r\n`, ["rsa"]);
    assert.equal(key.type, "ssh-rsa");
    assert.equal(key.bits, 2048);
    assert.equal(key.comment, "Registrar's laptop");
    assert.equal(key.publicKey, good.split(" ")[1]);
  });

  test("Ed25519 and ECDSA only where the operator allows them", async () => {
    for (
      const [text, bits, family] of [
        [ed25519Line(), 256, "ed25519"],
        [ecdsaLine("256"), 256, "ecdsa"],
        [ecdsaLine("384"), 384, "ecdsa"],
        [ecdsaLine("521"), 521, "ecdsa"],
      ] as const
    ) {
      assert.equal((await readPublicKey(text, [family])).bits, bits);
      await refused("key_type_not_allowed", /allowed here: rsa .*SSH_KEY_TYPES/, text, ["rsa"]);
    }
    await refused("key_type_not_allowed", /ssh-keygen -t/, good, ["ed25519"]);
  });

  test("the fingerprint is the one that ssh-keygen and ssh2 know", async () => {
    for (
      const text of [good, ed25519Line(), ecdsaLine("256"), ecdsaLine("384"), ecdsaLine("521")]
    ) {
      const key = await readPublicKey(text, all);
      const parsed = ssh2.utils.parseKey(text);
      assert.ok(!(parsed instanceof Error) && !Array.isArray(parsed));
      assert.equal(parsed.getPublicSSH().toString("base64"), key.publicKey);
      const folder = mkdtempSync(join(tmpdir(), "rosterbridge-key-"));
      try {
        writeFileSync(join(folder, "key.pub"), text);
        const printed = execFileSync("ssh-keygen", ["-l", "-f", join(folder, "key.pub")], {
          encoding: "utf8",
        });
        assert.deepEqual(printed.split(" ").slice(0, 2), [String(key.bits), key.fingerprint]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    }
  });

  test("the form of RFC 4716, which PuTTY writes", async () => {
    const body = good.split(" ")[1]!.replace(/.{70}/g, "$&\r\n");
    const key = await readPublicKey(
      `---- BEGIN SSH2 PUBLIC KEY ----\r\nComment: "rsa-key-\\\r\n20261122"\r\n${body}\r\n` +
        "---- END SSH2 PUBLIC KEY ----\r\n",
      ["rsa"],
    );
    assert.deepEqual(key, { ...(await readPublicKey(good, ["rsa"])), comment: "rsa-key-20261122" });
    await refused("key_unreadable", /END SSH2/, `---- BEGIN SSH2 PUBLIC KEY ----\n${body}`);
  });
});

describe("public keys refused with a message that says why", () => {
  test("RSA below 2048", async () => {
    await refused("key_rsa_short", /1024 bits; at least 2048.*ssh-keygen -t rsa/, rsaLine(1024));
  });

  test("RSA whose numbers cannot be a sound key's", async () => {
    const even = Buffer.from(numbers.modulus);
    even[even.length - 1]! &= 0xfe;
    const weak = [
      { ...numbers, modulus: even },
      { ...numbers, exponent: Buffer.from([1]) },
      { ...numbers, exponent: Buffer.from([4]) },
      { ...numbers, exponent: Buffer.alloc(9, 0x7f) },
    ];
    for (const key of weak) await refused("key_rsa_weak", /odd/, line("ssh-rsa", rsaWire(key)));
  });

  test("DSA", () => refused("key_dsa", /DSA.*no longer safe.*ssh-keygen/, otherLine("ssh-dss")));

  test("certificates and keys of security devices", async () => {
    for (
      const type of ["ssh-rsa-cert-v01@openssh.com", "ecdsa-sha2-nistp256-cert-v01@openssh.com"]
    ) {
      await refused("key_certificate", /certificate.*\.pub/, otherLine(type));
    }
    for (const type of ["sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"]) {
      await refused("key_hardware", /touch at each login/, otherLine(type));
    }
    const x509 = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
    await refused("key_certificate", /X\.509/, x509);
  });

  test("a private key pasted by mistake, in any form", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const openSsh = ssh2.utils.generateKeyPairSync("ed25519").private;
    for (
      const text of [
        privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
        privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
        openSsh,
        openSsh.split("\n").slice(1, -2).join("\n"),
        `${good}\n${openSsh}`,
        "PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\nPublic-Lines: 6\nAAAA",
      ]
    ) {
      await refused("key_private", /private key.*not stored.*no longer secret/, text);
    }
  });

  test("a public key in PEM form, with the command that converts it", async () => {
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const pkcs8 = publicKey.export({ type: "spki", format: "pem" }).toString();
    const pem = publicKey.export({ type: "pkcs1", format: "pem" }).toString();
    await refused("key_pem", /ssh-keygen -i -m PKCS8/, pkcs8);
    await refused("key_pem", /ssh-keygen -i -m PEM/, pem);
  });

  test("several keys in one body", async () => {
    await refused("key_several", /2 keys.*none was added/, `${good}\n${ed25519Line()}\n`);
  });

  test("options of authorized_keys before the key", async () => {
    await refused("key_options", /Options/, `restrict,from="192.0.2.1" ${good}`);
  });

  test("an unreadable key", async () => {
    const [type, base64] = good.split(" ") as [string, string];
    const cases: [RegExp, string][] = [
      [/nothing was sent/, "  \n"],
      [/begin with a key type/, "hello there"],
      [/nothing after its type/, "ssh-rsa"],
      [/type is missing/, base64],
      [
        /broken into 3 lines/,
        `${type} ${base64.slice(0, 90)}\n${base64.slice(90, 180)}\n${base64.slice(180)}`,
      ],
      [/not base64, or was cut off/, `${type} ${base64.slice(0, -3)}`],
      [/bytes end too early/, `${type} ${base64.slice(0, -8)}`],
      [/bytes call it "ssh-rsa"/, `ssh-ed25519 ${base64}`],
      [/no SSH key type/, `ssh-ed448 ${base64}`],
      [/16[0-9]{3}|[0-9]{5} characters/, `${type} ${"A".repeat(20_000)}`],
      [/UTF-16/, [...good].join("\0")],
      [/begin with a key type/, "2048 65537 123456789012345678901234567890"],
      [
        /no point of that curve/,
        line(
          "ecdsa-sha2-nistp256",
          wire(
            Buffer.from("ecdsa-sha2-nistp256"),
            Buffer.from("nistp256"),
            Buffer.alloc(65, 3),
          ),
        ),
      ],
      [/hold 31 bytes/, line("ssh-ed25519", wire(Buffer.from("ssh-ed25519"), Buffer.alloc(31)))],
    ];
    for (const [message, text] of cases) await refused("key_unreadable", message, text);
  });

  test("trailing bytes and needless zeros, which would give one key two fingerprints", async () => {
    const longer = Buffer.concat([rsaWire(numbers), Buffer.from([0])]);
    await refused("key_unreadable", /go on for 1 bytes/, line("ssh-rsa", longer));
    const padded = rsaWire({ ...numbers, exponent: Buffer.from([0, 1, 0, 1]) });
    await refused("key_unreadable", /needless zeros/, line("ssh-rsa", padded));
    const negative = wire(Buffer.from("ssh-rsa"), numbers.exponent, numbers.modulus);
    await refused("key_unreadable", /not positive/, line("ssh-rsa", negative));
  });
});
