/** Where a webhook's URL leads, and whether it may lead there (SPEC section 10). */
import { PostFailure } from "./outgoing.ts";
import { ipVersion, isPublicAddress } from "./public-address.ts";

export interface Target {
  url: URL;
  isTls: boolean;
  /** Without the brackets that an IPv6 address has in a URL. */
  hostname: string;
  port: number;
}

export const NOT_PUBLIC = "its address is not a public one";

/** @param allowPrivate takes `http:` as well. @throws PostFailure */
export function readTarget(text: string, allowPrivate: boolean): Target {
  if (!URL.canParse(text)) throw new PostFailure("it is no URL");
  const url = new URL(text);
  const isTls = url.protocol === "https:";
  if (!isTls && !(allowPrivate && url.protocol === "http:")) {
    throw new PostFailure("it does not begin with https:");
  }
  if (url.username || url.password) throw new PostFailure("it has a user name or a password");
  const hostname = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return { url, isTls, hostname, port: Number(url.port || (isTls ? 443 : 80)) };
}

/**
 * Why a URL cannot be posted to, in a few words; `undefined`: it can, as far as it shows before its name
 * is looked up.
 */
export function urlFault(url: string, allowPrivate: boolean): string | undefined {
  try {
    const { hostname } = readTarget(url, allowPrivate);
    if (allowPrivate) return undefined;
    const isLocal = /(^|\.)localhost\.?$/i.test(hostname);
    if (isLocal || (ipVersion(hostname) !== 0 && !isPublicAddress(hostname))) return NOT_PUBLIC;
    return undefined;
  } catch (error) {
    if (error instanceof PostFailure) return error.message;
    throw error;
  }
}
