/**
 * The pieces that SFTP packets are made of (draft-ietf-secsh-filexfer-02 section 3 and 5): read from
 * bytes and written as bytes, exactly. Text is bytes here; what it means is decided where it is used.
 */

/** The bytes are no packet of the kind that they say they are. */
export class Malformed extends Error {}

/** Bytes of a packet not read yet. */
export class Reader {
  #at = 0;

  constructor(readonly bytes: Buffer) {}

  get left(): number {
    return this.bytes.length - this.#at;
  }

  take(length: number): Buffer {
    if (length > this.left) throw new Malformed("The packet is cut short.");
    return this.bytes.subarray(this.#at, this.#at += length);
  }
}

/** A piece of a packet. `write` adds what it is in bytes to `to`. */
export interface Field<Value> {
  /** @throws Malformed */
  read(from: Reader): Value;
  write(value: Value, to: Buffer[]): void;
}

export const uint32: Field<number> = {
  read: (from) => from.take(4).readUInt32BE(),
  write(value, to) {
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeUInt32BE(value);
    to.push(bytes);
  },
};

/** A bigint, since a number is exact to 2^53 only. */
export const uint64: Field<bigint> = {
  read: (from) => from.take(8).readBigUInt64BE(),
  write(value, to) {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigUInt64BE(value);
    to.push(bytes);
  },
};

export const string: Field<Buffer> = {
  read: (from) => from.take(uint32.read(from)),
  write(value, to) {
    uint32.write(value.length, to);
    to.push(value);
  },
};

/** What is left of the packet. */
export const rest: Field<Buffer> = {
  read: (from) => from.take(from.left),
  write: (value, to) => void to.push(value),
};

/** ATTRS. Each group is there or not; times are seconds, sizes bytes. */
export interface WireAttributes {
  size?: bigint;
  owner?: { user: number; group: number };
  permissions?: number;
  times?: { accessedAt: number; modifiedAt: number };
  extended?: { type: Buffer; data: Buffer }[];
}

const HAS = { size: 0x1, owner: 0x2, permissions: 0x4, times: 0x8, extended: 0x80000000 } as const;

/** Without what is extended. */
const LONGEST_ATTRIBUTES = 32;

export const attributes: Field<WireAttributes> = {
  read(from) {
    const flags = uint32.read(from);
    const has = (flag: number) => (flags & flag) !== 0;
    const value: WireAttributes = {};
    if (has(HAS.size)) value.size = uint64.read(from);
    if (has(HAS.owner)) value.owner = { user: uint32.read(from), group: uint32.read(from) };
    if (has(HAS.permissions)) value.permissions = uint32.read(from);
    if (has(HAS.times)) {
      value.times = { accessedAt: uint32.read(from), modifiedAt: uint32.read(from) };
    }
    if (has(HAS.extended)) value.extended = list(extension).read(from);
    return value;
  },
  write({ size, owner, permissions, times, extended }, to) {
    const flags = (size === undefined ? 0 : HAS.size) | (owner ? HAS.owner : 0) |
      (permissions === undefined ? 0 : HAS.permissions) | (times ? HAS.times : 0) |
      (extended ? HAS.extended : 0);
    // One piece for all that has its place: a folder has many of them.
    const bytes = Buffer.allocUnsafe(LONGEST_ATTRIBUTES);
    let end = bytes.writeUInt32BE(flags >>> 0);
    if (size !== undefined) end = bytes.writeBigUInt64BE(size, end);
    if (owner) {
      end = bytes.writeUInt32BE(owner.user, end);
      end = bytes.writeUInt32BE(owner.group, end);
    }
    if (permissions !== undefined) end = bytes.writeUInt32BE(permissions, end);
    if (times) {
      end = bytes.writeUInt32BE(times.accessedAt, end);
      end = bytes.writeUInt32BE(times.modifiedAt, end);
    }
    to.push(bytes.subarray(0, end));
    if (extended) list(extension).write(extended, to);
  },
};

const extension: Field<{ type: Buffer; data: Buffer }> = {
  read: (from) => ({ type: string.read(from), data: string.read(from) }),
  write({ type, data }, to) {
    string.write(type, to);
    string.write(data, to);
  },
};

/** A count, and so many of them. */
export function list<Value>(each: Field<Value>): Field<Value[]> {
  return {
    read(from) {
      const count = uint32.read(from);
      // Each takes four bytes at least: no count makes more of them than the packet has.
      if (count * 4 > from.left) throw new Malformed("The packet is cut short.");
      return Array.from({ length: count }, () => each.read(from));
    },
    write(values, to) {
      uint32.write(values.length, to);
      for (const value of values) each.write(value, to);
    },
  };
}

/** As many as the packet has. */
export function untilEnd<Value>(each: Field<Value>): Field<Value[]> {
  return {
    read(from) {
      const values: Value[] = [];
      while (from.left > 0) values.push(each.read(from));
      return values;
    },
    write(values, to) {
      for (const value of values) each.write(value, to);
    },
  };
}

/** Several, by name and in this order. */
export function record<Fields extends Record<string, Field<unknown>>>(
  fields: Fields,
): Field<ValuesOf<Fields>> {
  const entries = Object.entries(fields);
  return {
    read(from) {
      const value: Record<string, unknown> = {};
      for (const [name, field] of entries) value[name] = field.read(from);
      return value as ValuesOf<Fields>;
    },
    write(value, to) {
      for (const [name, field] of entries) {
        field.write((value as Record<string, unknown>)[name], to);
      }
    },
  };
}

export type ValuesOf<Fields> = {
  [Name in keyof Fields]: Fields[Name] extends Field<infer Value> ? Value : never;
};
