/**
 * Clients that are too old to agree on anything, by the name that they give their software: many go away
 * before they have offered anything, so that nothing else tells what they lack.
 */

interface Family {
  /** Finds major and minor. */
  version: RegExp;
  /** The first that can sign with SHA-2 and encrypt before the MAC. */
  least: readonly [major: number, minor: number];
  needed: string;
}

const families: readonly Family[] = [
  { version: /^libssh2_(\d+)\.(\d+)/, least: [1, 11], needed: "libssh2 1.11 or newer" },
  { version: /^JSCH[-_](\d+)\.(\d+)/i, least: [0, 2], needed: "com.github.mwiede:jsch" },
  { version: /^OpenSSH_(\d+)\.(\d+)/, least: [7, 4], needed: "OpenSSH 7.4 or newer" },
  { version: /^PuTTY_Release_(\d+)\.(\d+)/, least: [0, 75], needed: "PuTTY 0.75 or newer" },
  { version: /^paramiko_(\d+)\.(\d+)/, least: [2, 9], needed: "paramiko 2.9 or newer" },
  { version: /^phpseclib_(\d+)\.(\d+)/, least: [3, 0], needed: "phpseclib 3 or newer" },
];

/**
 * What must come in the place of a client that is too old; `undefined` where it is new enough or unknown.
 *
 * @param software as the client's greeting names it (RFC 4253 section 4.2), without `SSH-2.0-`
 */
export function neededSoftware(software: string): string | undefined {
  for (const { version, least: [leastMajor, leastMinor], needed } of families) {
    const found = version.exec(software);
    if (!found) continue;
    const [major, minor] = [Number(found[1]), Number(found[2])];
    return major < leastMajor || (major === leastMajor && minor < leastMinor) ? needed : undefined;
  }
  return undefined;
}
