/** A worker with a school of its own, to which files are sent as a bridge sends them. */
import type { Client } from "@libsql/client";
import assert from "node:assert/strict";
import type { UploadPosition } from "../../../shared/protocol.ts";
import { endPauses } from "../../../worker/intake/pause-ends.ts";
import { type Answer, type AppUnderTest, appUnderTest } from "../app-under-test.ts";

export const header =
  "Username,StudentId,LastName,FirstName,Telephone,Dob,RequirementGroup,Term,OnCampus\r\n";

/** A row of that student; what is not given is blank. */
export function row(username: string, studentId = "", lastName = "", onCampus = "1"): string {
  return `${username},${studentId},${lastName},,,,,,${onCampus}\r\n`;
}

/** Rows of students `s0@x.edu` and so on. */
export function rows(from: number, to: number, lastName = "Lee"): string {
  let text = "";
  for (let i = from; i < to; i++) text += row(`s${i}@x.edu`, `S${i}`, lastName);
  return text;
}

export interface SendOptions {
  name?: string;
  sliceBytes?: number;
}

export class SafeWorld {
  readonly app: AppUnderTest;
  readonly slug = `s-${crypto.randomUUID().slice(0, 8)}`;
  schoolId = 0;
  /** The bridge sends no more of a file before it is asked again. */
  mostSlices = Infinity;
  readonly #files = new Map<string, Uint8Array>();
  #count = 0;

  private constructor(database: Client, sliceRows: number) {
    this.app = appUnderTest(database, { sliceRows, wait: () => this.obey() });
  }

  static async open(
    database: Client,
    settings: object = {},
    { sliceRows = 5000 } = {},
  ): Promise<SafeWorld> {
    const world = new SafeWorld(database, sliceRows);
    const made = await world.app.admin("POST", "/admin/schools", {
      ...{ slug: world.slug, name: "A school", settings },
    });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const { rows } = await database.execute({
      sql: "SELECT id FROM schools WHERE slug = ?",
      args: [world.slug],
    });
    world.schoolId = Number(rows[0]!["id"]);
    return world;
  }

  async settings(settings: object): Promise<void> {
    const answer = await this.app.admin("PATCH", `/admin/schools/${this.slug}`, { settings });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  }

  /** Sends a file until the worker wants no more of it. @returns its id */
  async send(rowsOfFile: string, options: SendOptions = {}): Promise<string> {
    return await this.sendBytes(header + rowsOfFile, options);
  }

  async sendBytes(file: string, { name = "roster.csv", sliceBytes }: SendOptions = {}) {
    const id = this.accept(file, name);
    await this.goOn(id, sliceBytes);
    return id;
  }

  /** The bridge has it, and has told nobody yet. @returns its id */
  accept(file: string, name = "roster.csv"): string {
    const id = crypto.randomUUID();
    const bytes = new TextEncoder().encode(file);
    this.#files.set(id, bytes);
    const number = String(++this.#count).padStart(3, "0");
    this.#announcements.set(id, {
      ...{ id, schoolId: this.schoolId, lane: "roster", size: bytes.length, sha256: null },
      ...{ sender: null, name, timeCode: `20261122T101530${number}Z` },
      acceptedAt: new Date(this.app.clock.now + this.#count).toISOString(),
    });
    return id;
  }

  readonly #announcements = new Map<string, object>();

  /** @param parked why the bridge cannot go on with it */
  async announce(id: string, parked: string | null = null): Promise<UploadPosition> {
    const announcement = { ...this.#announcements.get(id), parked };
    const answer = await this.app.bridge("POST", "/bridge/uploads", announcement);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  }

  /** What the bridge does when it is asked to go on with an upload. */
  async goOn(id: string, sliceBytes = 512 * 1024): Promise<UploadPosition> {
    const bytes = this.#files.get(id)!;
    let position = await this.announce(id);
    let take = sliceBytes;
    for (let calls = 0; isWanted(position) && calls < this.mostSlices; calls++) {
      assert.ok(calls < 2000, `no end: ${JSON.stringify(position)}`);
      const { pass, offset } = position;
      const path = `/bridge/uploads/${id}/slices/${offset}?pass=${pass}&lane=roster`;
      const text = new TextDecoder().decode(bytes.subarray(offset, offset + take));
      const { status, body } = await this.app.bridge("PUT", path, text);
      assert.ok(status === 200 || status === 409, JSON.stringify(body));
      position = body;
      take = position.take ? Math.min(position.take, sliceBytes) : sliceBytes;
      if (position.offset === offset && position.pass === pass) take = sliceBytes * 4;
    }
    return position;
  }

  /** Carries out the commands that the worker has for the bridge. */
  async obey(): Promise<void> {
    const { rows } = await this.app.context.database.execute({
      sql: "SELECT id, command FROM commands WHERE school_id = ? AND done_at IS NULL",
      args: [this.schoolId],
    });
    for (const row of rows) {
      await this.app.context.database.execute({
        sql: "UPDATE commands SET done_at = 'now' WHERE id = ?",
        args: [String(row["id"])],
      });
      const command = JSON.parse(String(row["command"]));
      if (command.type === "resume") await this.goOn(command.uploadId);
    }
  }

  /** Decides about an upload, and lets the bridge carry it out meanwhile. */
  async decide(id: string, what: string, body: object = {}, actor?: string): Promise<Answer> {
    const headers: Record<string, string> = actor ? { "x-actor": actor } : {};
    // The answer of a release waits for what the bridge does.
    const answer = await this.app.admin("POST", `/admin/uploads/${id}/${what}`, body, headers);
    await this.obey();
    return answer;
  }

  async tick(): Promise<void> {
    await endPauses(this.app.context);
    await this.obey();
  }

  // deno-lint-ignore no-explicit-any
  async upload(id: string): Promise<any> {
    return (await this.app.admin("GET", `/admin/uploads/${id}`)).body;
  }

  // deno-lint-ignore no-explicit-any
  async preview(id: string, query = ""): Promise<any> {
    return (await this.app.admin("GET", `/admin/uploads/${id}/preview${query}`)).body;
  }

  /** The report's lines after the header. */
  async report(id: string): Promise<string[]> {
    return (await this.#text(`/bridge/uploads/${id}/report`)).trimEnd().split("\r\n").slice(1);
  }

  async rejected(id: string): Promise<string> {
    return await this.#text(`/bridge/uploads/${id}/rejected`);
  }

  async #text(path: string): Promise<string> {
    const { bridgeHeaders, bridgeToken } = await import("../app-under-test.ts");
    const headers = { authorization: `Bearer ${bridgeToken}`, ...bridgeHeaders };
    const request = new Request(`http://worker.test${path}`, { headers });
    return await (await this.app.app.fetch(request)).text();
  }

  /** The Usernames of the students of a status, up to the `@`. */
  async students(status?: "active" | "inactive"): Promise<string[]> {
    const query = status ? `&status=${status}` : "";
    const path = `/admin/schools/${this.slug}/students?limit=1000${query}`;
    const { body } = await this.app.admin("GET", path);
    return body.items.map(({ username }: { username: string }) => username.split("@")[0]);
  }

  async counts(id: string): Promise<Record<string, number>> {
    const { rows } = await this.upload(id);
    return rows;
  }

  /** Rows of a table that are about an upload. */
  async left(table: string, id: string): Promise<number> {
    const { rows } = await this.app.context.database.execute({
      sql: `SELECT count(*) AS kept FROM ${table} WHERE upload_id = ?`,
      args: [id],
    });
    return Number(rows[0]!["kept"]);
  }
}

function isWanted({ state, results }: UploadPosition): boolean {
  return !results && ["accepted", "checking", "processing"].includes(state);
}
