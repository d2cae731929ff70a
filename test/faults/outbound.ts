/**
 * The outbound half of a fault-injecting round: students are verified, withdrawn and verified again
 * while exports run by schedule and by hand; over all files of a school each verification is found
 * exactly once.
 */
import assert from "node:assert/strict";
import { type Answer, type School, type Service } from "../end-to-end/service.ts";
import type { Random } from "./random.ts";
import { until } from "../until.ts";

export class Outbound {
  readonly #service: Service;
  readonly #school: School;
  /** How often each student was verified. */
  readonly #verified = new Map<string, number>();
  /** Verified and in no checked file yet. */
  readonly #fresh = new Set<string>();
  /** Files that were read, byte for byte. */
  readonly #files = new Map<string, string>();

  constructor(service: Service, school: School) {
    this.#service = service;
    this.#school = school;
  }

  wasVerified(username: string): boolean {
    return this.#verified.has(username);
  }

  get #path(): string {
    return `/admin/schools/${this.#school.slug}`;
  }

  /** Every minute, beside the exports by hand. */
  async schedule(): Promise<void> {
    await this.#insist("PUT", `${this.#path}/schedule`, { when: "* * * * *", timezone: "UTC" });
  }

  /** Verifies some students, among them some that were exported before, and runs exports. */
  async act(random: Random, students: readonly string[]): Promise<void> {
    if (students.length === 0) return;
    for (let i = 0; i < 1 + random.below(3); i++) {
      const usernames = [...new Set(Array.from({ length: 10 }, () => random.pick(students)))]
        .filter((username) => !this.#fresh.has(username));
      for (const username of usernames) {
        if (this.#verified.has(username)) {
          await this.#insist("DELETE", `${this.#path}/verifications/${username}`, undefined, 404);
        }
        this.#verified.set(username, (this.#verified.get(username) ?? 0) + 1);
        this.#fresh.add(username);
      }
      await this.#insist("POST", `${this.#path}/verifications`, { usernames });
      if (random.chance(0.7)) await this.#insist("POST", `${this.#path}/exports`);
    }
  }

  /** Exports the rest, waits for all files, and finds each verification exactly once in them. */
  async check(): Promise<number> {
    await this.#insist("POST", `${this.#path}/exports`);
    await until(async () => {
      const { status, body } = await this.#admin("GET", `${this.#path}/exports?limit=20`);
      return status === 200 &&
        body.items.every((item: { state: string }) => item.state !== "pending");
    }, `${this.#school.slug}'s exports delivered`);
    const names = await this.#school.names("/outbound");
    // Those read before must be as they were; reading a few of them again is enough.
    const known = names.filter((name) => this.#files.has(name));
    const wanted = [...names.filter((name) => !this.#files.has(name)), ...known.slice(-3)];
    const files = await this.#school.getAll(wanted.map((name) => `/outbound/${name}`));
    for (const [index, name] of wanted.entries()) {
      const text = files[index]!.toString();
      const before = this.#files.get(name);
      if (before !== undefined) assert.equal(text, before, `${name} changed`);
      this.#files.set(name, text);
    }
    const found = new Map<string, number>();
    for (const text of this.#files.values()) {
      const [header, ...lines] = text.trimEnd().split("\r\n");
      assert.equal(header, "Username,StudentId,VerifyDate");
      for (const line of lines) {
        const username = line.split(",")[0]!;
        found.set(username, (found.get(username) ?? 0) + 1);
      }
    }
    const usernames = new Set([...found.keys(), ...this.#verified.keys()]);
    const wrong = [...usernames].filter((name) => found.get(name) !== this.#verified.get(name))
      .map((name) => `${name}: ${found.get(name)} times, not ${this.#verified.get(name)}`);
    assert.deepEqual(wrong, [], `exports of ${this.#school.slug}`);
    this.#fresh.clear();
    return this.#files.size;
  }

  #admin(method: string, path: string, body?: unknown): Promise<Answer> {
    return this.#service.admin(method, path, body).catch(() => ({ status: 0, body: null }));
  }

  /** Asks again until it is answered with success, or with the status that says it was done before. */
  async #insist(method: string, path: string, body?: unknown, done?: number): Promise<void> {
    let last: Answer | undefined;
    await until(async () => {
      last = await this.#admin(method, path, body);
      return (last.status >= 200 && last.status < 300) || last.status === done;
    }, `${method} ${path}`);
  }
}
