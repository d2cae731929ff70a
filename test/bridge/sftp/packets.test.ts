import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { WireAttributes } from "../../../bridge/sftp/fields.ts";
import { Malformed } from "../../../bridge/sftp/fields.ts";
import { Frames } from "../../../bridge/sftp/frames.ts";
import {
  type AnswerPacket,
  bytesOf,
  dataHead,
  extendedRequests,
  type Greeting,
  LONGEST_PACKET,
  readAnswer,
  readInit,
  readRequest,
  type RequestPacket,
  writeAnswer,
  writeInit,
  writeRequest,
} from "../../../bridge/sftp/packets.ts";
import { Reader } from "../../../bridge/sftp/fields.ts";

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const number = fc.nat({ max: 0xffffffff }).map((value) => value >>> 0);
const id = number;
const long = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const attributes: fc.Arbitrary<WireAttributes> = fc.record({
  size: long,
  owner: fc.record({ user: number, group: number }, { noNullPrototype: true }),
  permissions: number,
  times: fc.record({ accessedAt: number, modifiedAt: number }, { noNullPrototype: true }),
  extended: fc.array(fc.record({ type: bytes, data: bytes }, { noNullPrototype: true }), {
    maxLength: 3,
  }),
}, { requiredKeys: [], noNullPrototype: true });

const packet = (type: string, fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record({ type: fc.constant(type), id, ...fields }, { noNullPrototype: true });

const requests = fc.oneof(
  packet("OPEN", { path: bytes, flags: number, attributes }),
  ...["CLOSE", "FSTAT", "READDIR"].map((type) => packet(type, { handle: bytes })),
  packet("READ", { handle: bytes, offset: long, length: number }),
  packet("WRITE", { handle: bytes, offset: long, bytes }),
  ...["LSTAT", "STAT", "OPENDIR", "REMOVE", "RMDIR", "REALPATH", "READLINK"].map((type) =>
    packet(type, { path: bytes })
  ),
  ...["SETSTAT", "MKDIR"].map((type) => packet(type, { path: bytes, attributes })),
  packet("FSETSTAT", { handle: bytes, attributes }),
  ...["RENAME", "SYMLINK"].map((type) => packet(type, { path: bytes, to: bytes })),
  packet("EXTENDED", { request: bytes, body: bytes }),
) as fc.Arbitrary<RequestPacket>;

const answers = fc.oneof(
  packet("STATUS", { code: number, message: bytes, language: bytes }),
  packet("HANDLE", { handle: bytes }),
  packet("DATA", { bytes }),
  packet("NAME", {
    entries: fc.array(
      fc.record({ name: bytes, longname: bytes, attributes }, { noNullPrototype: true }),
      { maxLength: 4 },
    ),
  }),
  packet("ATTRS", { attributes }),
  packet("EXTENDED_REPLY", { body: bytes }),
) as fc.Arbitrary<AnswerPacket>;

test("a request written and read is the same request, 64-bit offsets and names that are no UTF-8 too", () => {
  fc.assert(fc.property(requests, (request) => {
    assert.deepEqual(readRequest(writeRequest(request).subarray(4)), request);
  }));
});

test("an answer written and read is the same answer", () => {
  fc.assert(fc.property(answers, (answer) => {
    assert.deepEqual(readAnswer(writeAnswer(answer).subarray(4)), answer);
  }));
});

test("the head of a DATA answer is what stands before its bytes", () => {
  fc.assert(fc.property(id, bytes, (id, bytes) => {
    const whole = writeAnswer({ type: "DATA", id, bytes });
    assert.deepEqual(Buffer.concat([dataHead(id, bytes.length), bytes]), whole);
  }));
});

test("INIT written and read is the same, extensions too", () => {
  const extension = fc.record({ name: bytes, version: bytes }, { noNullPrototype: true });
  const greetings: fc.Arbitrary<Greeting> = fc.record({
    version: number,
    extensions: fc.array(extension, { maxLength: 4 }),
  }, { noNullPrototype: true });
  fc.assert(fc.property(greetings, (greeting) => {
    assert.deepEqual(readInit(writeInit(greeting).subarray(4)), greeting);
  }));
});

test("no bytes crash the reading of a packet: it is a request, unclear, or has no id", () => {
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 60 }))
      .map(([type, rest]) => Uint8Array.from([type, ...rest])),
    // Nearly right: a request with one byte changed, or cut short.
    fc.tuple(requests, fc.nat(), fc.nat(255)).map(([request, at, value]) => {
      const whole = writeRequest(request).subarray(4);
      whole[at % whole.length] = value;
      return whole.subarray(0, value % 3 === 0 ? at % (whole.length + 1) : whole.length);
    }),
  );
  fc.assert(
    fc.property(anything, (array) => {
      const given = Buffer.from(array);
      for (const read of [readRequest, readAnswer, readInit]) {
        try {
          read(given);
        } catch (error) {
          assert.ok(error instanceof Malformed, String(error));
        }
      }
      for (const field of Object.values(extendedRequests)) {
        try {
          field.read(new Reader(given));
        } catch (error) {
          assert.ok(error instanceof Malformed, String(error));
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test("packets come out as they went in, wherever the channel cuts them", () => {
  fc.assert(fc.property(
    fc.array(requests, { maxLength: 6 }),
    fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }),
    (sent, cuts) => {
      const stream = Buffer.concat(sent.map(writeRequest));
      const frames = new Frames();
      const received: unknown[] = [];
      for (let at = 0, i = 0; at < stream.length; i++) {
        const piece = stream.subarray(at, at += cuts[i % cuts.length]!);
        for (const whole of frames.take(piece)) received.push(readRequest(whole));
      }
      assert.deepEqual(received, sent);
    },
  ));
});

test("a packet's length of nothing or of more than 256 KiB is noise", () => {
  for (const length of [0, LONGEST_PACKET + 1, 0xffffffff]) {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(length);
    assert.throws(() => [...new Frames().take(head)], Malformed);
    assert.throws(() => [...new Frames().take(Buffer.concat([head, head]))], Malformed);
  }
});

test("an extended request's body is what its field writes", () => {
  const body = bytesOf(extendedRequests["posix-rename@openssh.com"], {
    path: Buffer.from("a"),
    to: Buffer.from("b"),
  });
  assert.equal(body.toString("hex"), "00000001610000000162");
});
