/**
 * Posts to an address that somebody else chose. `fetch` will not do: it looks a name up by itself, so
 * that a name which is public when it is checked may be this network's when it is connected to, and
 * nothing says which address it took. Here the name is looked up once, the addresses are checked, and
 * the connection is made to one of those that were checked; TLS still asks for a certificate of the
 * name. Node's and Deno's own `node:https` differ in the options that this needs, their `node:tls`
 * does not, and of HTTP one request and the head of its answer are all there is.
 */
import { lookup } from "node:dns/promises";
import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type Post, type PostAnswer, PostFailure } from "../events/outgoing.ts";
import { isPublicAddress } from "../events/public-address.ts";
import { NOT_PUBLIC, readTarget, type Target } from "../events/target.ts";

export interface PostOptions {
  /** Takes `http:` and addresses that are not public as well. */
  allowPrivate: boolean;
  /** All of it, from the look-up to the head of the answer, in milliseconds. */
  timeoutMs?: number;
  /** Which addresses are public. */
  isPublic?: (address: string) => boolean;
  /** The addresses of a name. */
  resolve?: (name: string) => Promise<string[]>;
  /** Certificates (PEM) to trust instead of the platform's. */
  ca?: string;
}

const TIMEOUT_MS = 15_000;
/** The head of an answer may be so long, in bytes. */
const HEAD_BYTES = 16_384;

/**
 * @returns a function that posts once, follows no redirect and reads no more of the answer than its
 *   head; it throws `PostFailure`
 */
export function createPost(options: PostOptions): Post {
  const { timeoutMs = TIMEOUT_MS } = options;
  return async (url, headers, body) => {
    const target = readTarget(url, options.allowPrivate);
    const end = Date.now() + timeoutMs;
    const address = await inTime(chooseAddress(target.hostname, options), end);
    const socket = open(target, address, options.ca);
    try {
      return await inTime(exchange(socket, requestOf(target, headers, body)), end);
    } finally {
      socket.destroy();
    }
  };
}

async function chooseAddress(hostname: string, options: PostOptions): Promise<string> {
  const { allowPrivate, isPublic = isPublicAddress, resolve = addressesOf } = options;
  let found: string[];
  try {
    found = isIP(hostname) ? [hostname] : await resolve(hostname);
  } catch {
    throw new PostFailure("its name cannot be looked up");
  }
  const allowed = allowPrivate ? found : found.filter(isPublic);
  // Every network has IPv4 still, and many have nothing else.
  const address = allowed.find((one) => isIP(one) === 4) ?? allowed[0];
  if (address === undefined) throw new PostFailure(NOT_PUBLIC);
  return address;
}

async function addressesOf(name: string): Promise<string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

function open({ isTls, hostname, port }: Target, host: string, ca: string | undefined): Socket {
  if (!isTls) return connectPlain({ host, port });
  return connectTls({
    host,
    port,
    // A certificate is for a name; of an address it is asked for as it is.
    ...(isIP(hostname) ? {} : { servername: hostname }),
    ...(ca === undefined ? {} : { ca }),
    ALPNProtocols: ["http/1.1"],
  });
}

function requestOf({ url }: Target, headers: Record<string, string>, body: string): Uint8Array {
  const bytes = new TextEncoder().encode(body);
  const lines = Object.entries({
    host: url.host,
    connection: "close",
    "content-length": String(bytes.length),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join("")}\r\n`;
  const start = new TextEncoder().encode(head);
  const request = new Uint8Array(start.length + bytes.length);
  request.set(start);
  request.set(bytes, start.length);
  return request;
}

/** Sends the request and reads the head of its answer. How long the body is said to be is nobody's concern. */
function exchange(socket: Socket, request: Uint8Array): Promise<PostAnswer> {
  return new Promise((resolve, reject) => {
    let text = "";
    const fail = (why: string) => reject(new PostFailure(why));
    socket.once("encrypted" in socket ? "secureConnect" : "connect", () => socket.write(request));
    socket.on("data", (bytes: Uint8Array) => {
      text += String.fromCharCode(...bytes.subarray(0, HEAD_BYTES));
      const answer = readHead(text);
      if (answer === "no HTTP") fail("it does not answer in HTTP");
      else if (answer) resolve(answer);
      else if (text.length >= HEAD_BYTES) fail("the head of its answer is too long");
    });
    socket.on("error", (error) => fail(failureOf(error)));
    socket.on("close", () => fail("it closed the connection without an answer"));
  });
}

/** The answer from what has come so far; informational ones (1xx) are passed over. */
function readHead(text: string): PostAnswer | "no HTTP" | undefined {
  if (!"HTTP/1.".startsWith(text.slice(0, 7))) return "no HTTP";
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [first, ...lines] = text.slice(0, end).split("\r\n");
  const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first!)?.[1]);
  if (Number.isNaN(status)) return "no HTTP";
  if (status < 200 && status !== 101) return readHead(text.slice(end + 4));
  const retryAfter = lines.map((line) => /^retry-after:\s*(.*?)\s*$/i.exec(line)?.[1])
    .find((value) => value !== undefined);
  return { status, retryAfter };
}

/** In few words: what a platform says may hold the address or be long. */
function failureOf(error: Error & { code?: string }): string {
  if (error.code === "ECONNREFUSED") return "it refuses the connection";
  if (error.code === "ENOTFOUND") return "its name cannot be looked up";
  if (/cert|CERT|self-signed|altnames/.test(`${error.code} ${error.message}`)) {
    return "its certificate is not valid for its name";
  }
  return `the connection failed (${error.code ?? error.name})`;
}

async function inTime<Result>(work: Promise<Result>, end: number): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new PostFailure("it did not answer in time")),
      Math.max(0, end - Date.now()),
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // What comes of it later is nobody's concern.
    work.catch(() => {});
  }
}
