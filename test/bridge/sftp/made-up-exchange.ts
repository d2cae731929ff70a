/** What a stranger says to have keys computed without computing any. */
import { randomBytes } from "node:crypto";
import { string, uint32 } from "./raw-sftp.ts";

/** A packet before there are keys (RFC 4253 section 6). */
export function packetOf(body: Buffer): Buffer {
  const padding = 8 - ((body.length + 5) % 8) + ((body.length + 5) % 8 > 4 ? 8 : 0);
  const head = Buffer.concat([uint32(body.length + 1 + padding), Buffer.from([padding])]);
  return Buffer.concat([head, body, Buffer.alloc(padding)]);
}

/** A greeting and a key exchange whose number is made up: the server computes, the stranger does not. */
export function madeUpExchange(kex: string, number: Buffer): Buffer {
  const names = [kex, "rsa-sha2-512", ...Array(2).fill("aes128-ctr")];
  const lists = [
    ...names,
    ...Array(2).fill("hmac-sha2-256-etm@openssh.com"),
    "none",
    "none",
    "",
    "",
  ];
  const init = Buffer.concat([
    Buffer.from([20]),
    randomBytes(16),
    ...lists.map(string),
    Buffer.alloc(5),
  ]);
  const exchange = Buffer.concat([Buffer.from([30]), string(number)]);
  return Buffer.concat([Buffer.from("SSH-2.0-x\r\n"), packetOf(init), packetOf(exchange)]);
}
