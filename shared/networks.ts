/**
 * IP addresses and networks (RFC 4632, RFC 4291): `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`. An IPv4
 * address written as IPv6 (`::ffff:192.0.2.7`) is the IPv4 address.
 */

/** 4 bytes, or 16. */
type AddressBytes = readonly number[];

interface Network {
  bytes: AddressBytes;
  /** Leading bits that all its addresses share. */
  bits: number;
}

/** The bytes of an address; `undefined`: it is none. */
export function addressBytes(text: string): AddressBytes | undefined {
  return text.includes(":") ? sixteenBytes(text) : fourBytes(text);
}

function fourBytes(text: string): AddressBytes | undefined {
  // No leading zero: some programs would read it as octal.
  if (!/^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/.test(text)) return undefined;
  const bytes = text.split(".").map(Number);
  return bytes.every((byte) => byte < 256) ? bytes : undefined;
}

function sixteenBytes(text: string): AddressBytes | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, i) =>
    half === "" ? [] : groupBytes(half.split(":"), i === halves.length - 1)
  );
  if (!head || halves.length === 2 && !tail) return undefined;
  const missing = 16 - head.length - (tail?.length ?? 0);
  if (tail ? missing < 2 : missing !== 0) return undefined;
  const bytes = tail ? [...head, ...Array<number>(missing).fill(0), ...tail] : head;
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) &&
    bytes[10] === 0xff && bytes[11] === 0xff;
  return isMapped ? bytes.slice(12) : bytes;
}

/** The last group may be an IPv4 address. */
function groupBytes(groups: string[], isLast: boolean): number[] | undefined {
  const bytes: number[] = [];
  for (const [i, group] of groups.entries()) {
    const four = isLast && i === groups.length - 1 ? fourBytes(group) : undefined;
    if (four) bytes.push(...four);
    else if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    } else return undefined;
  }
  return bytes;
}

/** `undefined`: it is no network. A single address is a network of one. */
function readNetwork(text: string): Network | undefined {
  const [address, prefix, ...rest] = text.split("/");
  const bytes = addressBytes(address!);
  if (!bytes || rest.length > 0) return undefined;
  if (prefix === undefined) return { bytes, bits: bytes.length * 8 };
  if (!/^(?:0|[1-9]\d{0,2})$/.test(prefix)) return undefined;
  // Of `::ffff:192.0.2.0/120` only the last 24 bits are the network's.
  const bits = Number(prefix) - (address!.includes(":") && bytes.length === 4 ? 96 : 0);
  return bits >= 0 && bits <= bytes.length * 8 ? { bytes, bits } : undefined;
}

function masked(bytes: AddressBytes, bits: number): number[] {
  return bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - i * 8))) & 0xff);
}

/** What is wrong with a network as a person wrote it; `undefined`: nothing. */
export function networkFault(text: string): string | undefined {
  const network = readNetwork(text);
  if (!network) {
    return `${JSON.stringify(text.slice(0, 100))} is no address and no network; it takes one ` +
      "such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32";
  }
  const { bytes, bits } = network;
  if (masked(bytes, bits).every((byte, i) => byte === bytes[i])) return undefined;
  return `${text} has bits set behind its first ${bits}; the network that it is in is ` +
    `${writeAddress(masked(bytes, bits))}/${bits}`;
}

export function writeAddress(bytes: AddressBytes): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from(
    { length: 8 },
    (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16),
  );
  // The longest run of zeros is left out (RFC 5952).
  const zeros = groups.map((_, i) => {
    const end = groups.findIndex((group, j) => j >= i && group !== "0");
    return (end < 0 ? 8 : end) - i;
  });
  const longest = Math.max(...zeros);
  if (longest < 2) return groups.join(":");
  const start = zeros.indexOf(longest);
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + longest).join(":")}`;
}

/**
 * What counts as one place that somebody comes from: an IPv4 address, and of IPv6 the first 64 bits,
 * as a single customer has that many addresses.
 */
export function sourceOf(address: string): string {
  const bytes = addressBytes(address);
  if (!bytes) return address;
  return bytes.length === 4 ? writeAddress(bytes) : `${writeAddress(masked(bytes, 64))}/64`;
}

/** A list of networks. */
export class Networks {
  readonly #networks: Network[];

  /** What is no network is passed over: {@link networkFault} says so to who writes the list. */
  constructor(texts: readonly string[] = []) {
    this.#networks = texts.flatMap((text) => readNetwork(text) ?? []);
  }

  has(address: string): boolean {
    const bytes = addressBytes(address);
    return bytes !== undefined && this.#networks.some(({ bytes: network, bits }) => {
      const [ours, theirs] = [masked(network, bits), masked(bytes, bits)];
      return network.length === bytes.length && ours.every((byte, i) => byte === theirs[i]);
    });
  }
}
