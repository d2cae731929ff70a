/**
 * Attributes between a home and the wire (draft-ietf-secsh-filexfer-02 section 5).
 */
import type { Attributes as WireAttributes, InputAttributes } from "ssh2";
import { type Attributes, type Changes, Refusal } from "../home/home.ts";

const FILE = 0o100000;
const FOLDER = 0o040000;
const LAST_SECOND = 2 ** 32 - 1;

/** Owner and group are always 0: there are no accounts behind a home. */
export function wireAttributes(attributes: Attributes): WireAttributes {
  return {
    mode: (attributes.kind === "folder" ? FOLDER : FILE) | (attributes.permissions & 0o777),
    uid: 0,
    gid: 0,
    size: attributes.size,
    atime: wireTime(attributes.accessedAt),
    mtime: wireTime(attributes.modifiedAt),
  };
}

/** Version 3 has 32 bits for a time. */
function wireTime(seconds: number): number {
  return Math.min(Math.max(Math.floor(seconds), 0), LAST_SECOND);
}

/**
 * What a client wants changed; `undefined` when it asks for nothing that a home keeps. Permissions
 * and owners are left out: clients send them unasked, and a home's folders decide them.
 */
export function changesOf(wire: InputAttributes): Changes | undefined {
  const changes: Changes = {};
  if (typeof wire.size === "number") {
    if (!Number.isSafeInteger(wire.size)) {
      throw new Refusal("failure", "The size is larger than any file can be; nothing was changed.");
    }
    changes.size = wire.size;
  }
  if (typeof wire.mtime === "number") changes.modifiedAt = wire.mtime;
  if (typeof wire.atime === "number") changes.accessedAt = wire.atime;
  return Object.keys(changes).length > 0 ? changes : undefined;
}
