import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { NODE_TIMEOUTS, onNode } from "../../../worker/platform/runtime.ts";

// Node's server inside Deno is Deno's own, which has no such settings.
const onNodeOnly = "Deno" in globalThis ? () => {} : test;

onNodeOnly(
  "on Node a connection that says nothing, or never ends its head or body, is ended",
  async () => {
    const runtime = onNode(process, {
      ...NODE_TIMEOUTS,
      headersTimeout: 200,
      requestTimeout: 400,
      connectionsCheckingInterval: 50,
    });
    const serve = async (request: Request) => new Response(await request.text());
    const { address, stop } = await runtime.listen(serve, "127.0.0.1", 0);
    const { port } = new URL(address);
    const begins = [
      "",
      "POST / HTTP/1.1\r\nhost: x\r\n",
      "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nfour",
    ];
    await Promise.all(begins.map(async (begin) => {
      const socket = connect(Number(port), "127.0.0.1").on("error", () => {});
      socket.resume().write(begin);
      await once(socket, "close");
    }));
    await stop();
  },
);
