import assert from "node:assert/strict";
import * as crypto from "node:crypto";
import { mock, test } from "node:test";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { answerCurve, answerHybrid, encapsulate } from "../../../bridge/sftp/hybrid-kem.ts";

function client() {
  const kem = ml_kem768.keygen();
  const curve = crypto.generateKeyPairSync("x25519");
  const curvePublic = curve.publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  return { kem, curve, init: Buffer.concat([kem.publicKey, curvePublic]) };
}

test("both sides of mlkem768x25519-sha256 come to the same secret", () => {
  const { kem, curve, init } = client();
  const { reply, secret } = answerHybrid(init);
  assert.equal(reply.length, 1088 + 32);
  const server = crypto.createPublicKey({
    key: Buffer.concat([Buffer.from("302a300506032b656e032100", "hex"), reply.subarray(1088)]),
    format: "der",
    type: "spki",
  });
  const parts = [
    ml_kem768.decapsulate(reply.subarray(0, 1088), kem.secretKey),
    crypto.diffieHellman({ privateKey: curve.privateKey, publicKey: server }),
  ];
  const expected = crypto.createHash("sha256").update(Buffer.concat(parts)).digest();
  assert.deepEqual(secret, expected);
});

test("ML-KEM of this Node and ML-KEM in JavaScript open to the same secret", () => {
  for (const own of [(crypto as { encapsulate?: never }).encapsulate, undefined]) {
    const { kem } = client();
    const { ciphertext, secret } = encapsulate(kem.publicKey, own);
    assert.deepEqual(
      Buffer.from(secret),
      Buffer.from(ml_kem768.decapsulate(Buffer.from(ciphertext), kem.secretKey)),
    );
  }
});

test("a C_INIT that is cut, has numbers too large or a point of small order is an error", () => {
  const { init } = client();
  assert.throws(() => answerHybrid(init.subarray(1)), /wrong length/);
  assert.throws(() => answerHybrid(Buffer.concat([init, Buffer.alloc(1)])), /wrong length/);
  assert.throws(() => answerHybrid(Buffer.concat([Buffer.alloc(1184, 255), init.subarray(1184)])));
  assert.throws(() => answerHybrid(Buffer.concat([init.subarray(0, 1184), Buffer.alloc(32)])));
});

test("no key that was made here is exported: Node may stand still for ever in it", () => {
  const { curve, init } = client();
  const ofPublicKeys = Object.getPrototypeOf(curve.publicKey) as crypto.KeyObject;
  const exported = mock.method(ofPublicKeys, "export");
  try {
    answerHybrid(init);
    answerCurve(init.subarray(-32));
    assert.equal(exported.mock.callCount(), 0);
  } finally {
    exported.mock.restore();
  }
});
