import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { createServer as createPlainServer } from "node:net";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createPost, type PostOptions } from "../../../worker/platform/post.ts";
import { denoBinary, EDGE_PERMISSIONS } from "../worker-process.ts";

const certificate = (name: string) =>
  readFileSync(new URL(`certificates/${name}`, import.meta.url), "utf8");
const ca = certificate("authority.pem");
const child = fileURLToPath(new URL("post-child.ts", import.meta.url));

interface Seen {
  method: string | undefined;
  path: string | undefined;
  host: string | undefined;
  body: string;
}

describe("webhooks go only to HTTPS and only to public addresses", () => {
  let server: Server;
  let port: number;
  const seen: Seen[] = [];

  before(async () => {
    server = createServer({
      key: certificate("hooks.test.key"),
      cert: certificate("hooks.test.pem"),
    }, (request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text) => body += text).on("end", () => {
        const { method, url: path, headers: { host } } = request;
        seen.push({ method, path, host, body });
        response.writeHead(202, { "retry-after": "7" }).end("thanks");
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as { port: number }).port;
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });

  async function failure(url: string, options: Partial<PostOptions> = {}): Promise<string> {
    const post = createPost({ allowPrivate: false, timeoutMs: 60_000, ca, ...options });
    try {
      const { status } = await post(url, {}, "{}");
      return `answered ${status}`;
    } catch (error) {
      assert.equal((error as Error).name, "PostFailure", String((error as Error).stack));
      return (error as Error).message;
    }
  }

  test("only HTTPS, and without a password in the URL", async () => {
    assert.equal(await failure("http://example.com/"), "it does not begin with https:");
    assert.equal(await failure("ftp://example.com/"), "it does not begin with https:");
    assert.equal(await failure("nonsense"), "it is no URL");
    const withPassword = await failure("https://user:password@example.com/");
    assert.equal(withPassword, "it has a user name or a password");
  });

  test("addresses that are not public are refused however they are written", async () => {
    const hosts = ["127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1"];
    for (const host of [...hosts, "169.254.169.254", "[fd00::1]", "[fe80::1]", "0.0.0.0"]) {
      assert.equal(await failure(`https://${host}:${port}/`), "its address is not a public one");
    }
  });

  test("checked again after name resolution: a name of this network is refused", async () => {
    const resolve = () => Promise.resolve(["127.0.0.1", "::1", "192.168.1.1"]);
    assert.equal(
      await failure(`https://hooks.test:${port}/`, { resolve }),
      "its address is not a public one",
    );
    assert.deepEqual(seen, []);
    const away = () => Promise.reject(new Error("no such name"));
    assert.equal(
      await failure(`https://hooks.test:${port}/`, { resolve: away }),
      "its name cannot be looked up",
    );
  });

  test("a name that is public when it is checked and this machine's when it is connected to reaches nothing", async () => {
    // Two addresses of this machine, one of which stands for a public one.
    const outside = createPlainServer((socket) => socket.destroy()).listen(port, "127.0.0.2");
    await once(outside, "listening");
    let connections = 0;
    outside.on("connection", () => connections += 1);
    let lookups = 0;
    const options = {
      isPublic: (address: string) => address === "127.0.0.2",
      resolve: () => Promise.resolve([lookups++ === 0 ? "127.0.0.2" : "127.0.0.1"]),
    };
    const rebound = `https://hooks.test:${port}/`;
    assert.match(await failure(rebound, options), /^the connection failed|^it closed/);
    assert.deepEqual([lookups, connections], [1, 1], "what was checked is connected to");
    assert.equal(await failure(rebound, options), "its address is not a public one");
    assert.deepEqual([lookups, connections, seen.length], [2, 1, 0]);
    outside.close();
  });

  test("the connection is made to the address, the certificate is asked for the name", async () => {
    const resolve = () => Promise.resolve(["127.0.0.1"]);
    const allowed = { resolve, allowPrivate: true };
    const post = createPost({ ...allowed, ca });
    const answer = await post(`https://hooks.test:${port}/a?b=c`, { "webhook-id": "1" }, '"é"');
    assert.deepEqual(answer, { status: 202, retryAfter: "7" });
    assert.deepEqual(seen.splice(0), [
      { method: "POST", path: "/a?b=c", host: `hooks.test:${port}`, body: '"é"' },
    ]);
    const notValid = "its certificate is not valid for its name";
    assert.equal(await failure(`https://other.test:${port}/`, allowed), notValid);
    const platform = { ...allowed, ca: undefined } as unknown as PostOptions;
    assert.equal(await failure(`https://hooks.test:${port}/`, platform), notValid);
    assert.deepEqual(seen, []);
  });

  test("a receiver that never answers ends with the time that it is given", async () => {
    const silent = createPlainServer(() => {}).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const at = (silent.address() as { port: number }).port;
    const resolve = () => Promise.resolve(["127.0.0.1"]);
    const why = await failure(`https://hooks.test:${at}/`, {
      resolve,
      allowPrivate: true,
      timeoutMs: 200,
    });
    assert.equal(why, "it did not answer in time");
    const never = () => new Promise<string[]>(() => {});
    assert.equal(
      await failure("https://hooks.test/", { resolve: never, timeoutMs: 50 }),
      "it did not answer in time",
    );
    silent.close();
  });

  test("all of that on Deno with no permission but network and environment", async () => {
    const run = async (environment: Record<string, string>) => {
      const { stdout } = await promisify(execFile)(
        denoBinary(),
        ["run", "--no-prompt", ...EDGE_PERMISSIONS, child],
        {
          env: {
            PATH: process.env.PATH,
            HOME: process.env.HOME,
            POST_URL: `https://hooks.test:${port}/deno`,
            ...environment,
          },
        },
      );
      return JSON.parse(stdout);
    };
    const here = { POST_ADDRESSES: "127.0.0.1", POST_CA: ca };
    assert.deepEqual(await run({ ...here, POST_ALLOW_PRIVATE: "1" }), {
      status: 202,
      retryAfter: "7",
    });
    assert.deepEqual(seen.splice(0).map(({ path, body }) => [path, body]), [
      ["/deno", '{"type":"é"}'],
    ]);
    assert.deepEqual(await run(here), { failure: "its address is not a public one" });
    const other = { POST_URL: `https://other.test:${port}/`, POST_ALLOW_PRIVATE: "1" };
    const { failure } = await run({ ...here, ...other });
    // Deno before 2.6 says no more than that the connection failed.
    assert.match(failure, /^its certificate is not valid for its name$|^the connection failed/);
    assert.deepEqual(seen, []);
  });
});
