/** Rosters as they are sent packed, made without the bridge's own code. */
import { createHash } from "node:crypto";
import { crc32, deflateRawSync, gzipSync } from "node:zlib";
import type { Roster } from "./model.ts";

/** The same roster as a file of gzip, or as an archive with nothing else in it. */
export function packed(roster: Roster, as: "gzip" | "zip"): Roster {
  const bytes = as === "gzip" ? gzipSync(roster.bytes) : zip("roster.csv", roster.bytes);
  return { ...roster, bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/** Of one file (PKWARE's APPNOTE, 4.3). */
function zip(name: string, bytes: Buffer): Buffer {
  const deflated = deflateRawSync(bytes);
  const about = Buffer.alloc(26);
  about.writeUInt16LE(20, 0); // made for version 2.0
  about.writeUInt16LE(8, 4); // deflate
  about.writeUInt16LE(0x21, 8); // the first of January 1980
  about.writeUInt32LE(crc32(bytes), 10);
  about.writeUInt32LE(deflated.length, 14);
  about.writeUInt32LE(bytes.length, 18);
  about.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([signature(3, 4), about, Buffer.from(name), deflated]);
  const central = Buffer.concat([
    signature(1, 2),
    Buffer.from([20, 0]),
    about,
    Buffer.alloc(14), // no comment, the first disk, no attributes, at the start
    Buffer.from(name),
  ]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, central, signature(5, 6), end]);
}

const signature = (a: number, b: number) => Buffer.from([0x50, 0x4b, a, b]);
