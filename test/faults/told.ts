/**
 * A receiver of webhooks in the fault run: now and then it refuses, hangs up or takes a message and says
 * nothing of it, while worker and database are killed. In the end every state that an upload reached was
 * told, each as one message, whatever it took to send that.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { type Service } from "../end-to-end/service.ts";
import { seeded } from "./random.ts";
import { until } from "../until.ts";

interface UploadJson {
  id: string;
  state: string;
}

/** A worker that is killed has what it took in hand for three minutes; what failed waits as well. */
const IN_THE_END_MS = 15 * 60_000;

export class Told {
  /** `kind upload` → the ids of its messages. */
  readonly #messages = new Map<string, Set<string>>();
  /** Id of a message → what it said first. */
  readonly #said = new Map<string, string>();
  readonly #server;
  #secret = "";
  #again = 0;
  #wrong: unknown;

  private constructor(seed: number) {
    // A dice of its own: when messages come is the machine's affair, and all other faults stay as they are.
    const random = seeded(seed ^ 0x7e11);
    this.#server = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text) => body += text).on("end", () => {
        const fault = random.chance(0.03)
          ? random.pick(["refuse", "hang up", "take and hang up"] as const)
          : undefined;
        if (fault === "refuse") return answer(response, 503);
        if (fault === "hang up") return response.destroy();
        try {
          this.#take(body, request.headers as Record<string, string>);
        } catch (error) {
          this.#wrong ??= error;
        }
        if (fault === "take and hang up") return response.destroy();
        answer(response, 204);
      });
    });
  }

  /** Begins to listen, to all schools. */
  static async of(service: Service, seed: number): Promise<Told> {
    const told = new Told(seed);
    told.#server.listen(0, "127.0.0.1");
    await once(told.#server, "listening");
    const { port } = told.#server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/`;
    const { status, body } = await service.admin("POST", "/admin/webhooks", { url });
    assert.equal(status, 201, JSON.stringify(body));
    told.#secret = body.secret;
    return told;
  }

  #take(body: string, headers: Record<string, string>): void {
    new Webhook(this.#secret).verify(body, headers);
    const id = headers["webhook-id"]!;
    const before = this.#said.get(id);
    if (before !== undefined) {
      this.#again++;
      assert.equal(body, before, `${id} says something else the second time`);
      return;
    }
    this.#said.set(id, body);
    const { type, data } = JSON.parse(body);
    const what = `${type} ${data.upload?.id}`;
    this.#messages.set(what, (this.#messages.get(what) ?? new Set()).add(id));
  }

  /** Waits until all is told that has to be; nothing was told as two messages. */
  async check(uploads: readonly UploadJson[]): Promise<string> {
    const wanted = uploads.flatMap(({ id, state }) =>
      ["accepted", ...(state === "reverted" ? ["completed"] : []), state]
        .map((kind) => `upload.${kind} ${id}`)
    );
    const missing = () => wanted.filter((what) => !this.#messages.has(what));
    const isOver = () => this.#wrong !== undefined || missing().length === 0;
    await until(isOver, "all to be told", IN_THE_END_MS)
      .catch(() => assert.fail(`never told: ${missing().slice(0, 5)}, of ${missing().length}`));
    if (this.#wrong !== undefined) throw this.#wrong;
    for (const what of wanted) {
      const ids = this.#messages.get(what)!;
      assert.equal(ids.size, 1, `${what} was told as ${[...ids]}`);
    }
    return `${this.#said.size} messages of webhooks, ${this.#again} of them sent again as they were`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}
