/**
 * Attributes between a home and the wire (draft-ietf-secsh-filexfer-02 section 5).
 */
import { type Attributes, type Changes, Refusal } from "../home/home.ts";
import type { WireAttributes } from "./fields.ts";

const FILE = 0o100000;
const FOLDER = 0o040000;
const LAST_SECOND = 2 ** 32 - 1;

/** Owner and group are always 0: there are no accounts behind a home. */
export function wireAttributes(attributes: Attributes): WireAttributes {
  return {
    size: BigInt(attributes.size),
    owner: { user: 0, group: 0 },
    permissions: (attributes.kind === "folder" ? FOLDER : FILE) | (attributes.permissions & 0o777),
    times: {
      accessedAt: wireTime(attributes.accessedAt),
      modifiedAt: wireTime(attributes.modifiedAt),
    },
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
export function changesOf({ size, times }: WireAttributes): Changes | undefined {
  if (size === undefined && !times) return undefined;
  if (size !== undefined && size > Number.MAX_SAFE_INTEGER) {
    throw new Refusal("failure", "The size is larger than any file can be; nothing was changed.");
  }
  return { ...(size === undefined ? {} : { size: Number(size) }), ...times };
}
