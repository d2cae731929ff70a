/**
 * Which IP addresses are public: those that any host of the Internet may be asked at. What is private,
 * this machine's, link-local (and so a cloud's metadata), shared, reserved or multicast is not
 * (IANA's special-purpose address registries, RFC 6890).
 */

const special4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
];

/** Within 2000::/3, which is all that is given out for the public. */
const special6: readonly (readonly [string, number])[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

/** @param address as a resolver writes it; anything that is no IP address is not public */
export function isPublicAddress(address: string): boolean {
  const four = number4(address);
  if (four !== undefined) return isPublic4(four);
  const six = number6(address);
  if (six === undefined) return false;
  // An IPv4 address in IPv6 clothes: mapped (::ffff:0:0/96), or through NAT64 (64:ff9b::/96).
  const high = six >> 32n;
  if (high === 0xffffn || high === 0x64ff9bn << 64n) return isPublic4(Number(six & 0xffffffffn));
  if (six >> 125n !== 1n) return false;
  return !special6.some(([start, bits]) => {
    const rest = BigInt(128 - bits);
    return six >> rest === number6(start)! >> rest;
  });
}

/** 4 or 6; 0: it is no IP address. */
export function ipVersion(text: string): 0 | 4 | 6 {
  if (number4(text) !== undefined) return 4;
  return number6(text) === undefined ? 0 : 6;
}

function isPublic4(address: number): boolean {
  return !special4.some(([start, bits]) => {
    const size = 2 ** (32 - bits);
    return Math.floor(address / size) === Math.floor(number4(start)! / size);
  });
}

function number4(text: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (!parts || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

function number6(text: string): bigint | undefined {
  // The last two groups may be written as an IPv4 address.
  const ending = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const last = ending && number4(ending[2]!);
  if (ending && last === undefined) return undefined;
  const whole = ending
    ? `${ending[1]}${Math.floor(last! / 65536).toString(16)}:${(last! % 65536).toString(16)}`
    : text;
  const [left, right, ...more] = whole.split("::").map((half) =>
    half === "" ? [] : half.split(":")
  );
  if (!left || more.length > 0 || (!right && left.length !== 8)) return undefined;
  const missing = 8 - left.length - (right?.length ?? 0);
  if (right && missing < 1) return undefined;
  const groups = [...left, ...Array<string>(right ? missing : 0).fill("0"), ...(right ?? [])];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.reduce((sum, group) => sum << 16n | BigInt(`0x${group}`), 0n);
}
