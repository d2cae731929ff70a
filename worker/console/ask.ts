/**
 * The console asks the admin routes as its reader, in the same process: who may do what, what is
 * taken and what stands in the audit is said in one place.
 */
import type { Context } from "hono";
import type { Caller } from "../http/caller.ts";
import type { Principal } from "../http/principal.ts";
import { HttpProblem } from "../http/problem.ts";

/** Answers a request as the worker does. */
export type Answerer = (request: Request, bindings: Caller) => Response | Promise<Response>;

/** What an answer that is no success says (RFC 9457). */
export interface Problem {
  status: number;
  code: string;
  detail: string;
  /** One a field, when the body was wrong. */
  errors?: { field: string; problem: string }[];
}

export interface Page<Item> {
  items: Item[];
  next?: string;
}

export type Query = Record<string, string | number | undefined>;

/** The most items that a route answers at once. */
const LONGEST_PAGE = 1000;

export class Asking {
  constructor(
    private readonly answerer: Answerer,
    private readonly c: Context,
    private readonly principal: Principal,
  ) {}

  /** @throws HttpProblem as the route answered it */
  async get<Body>(path: string, query: Query = {}): Promise<Body> {
    const answer = await this.#call("GET", path + search(query));
    if (answer.ok) return await answer.json() as Body;
    throw problemOf(await readProblem(answer));
  }

  /** `undefined` where there is no such thing, or none for this reader. @throws HttpProblem otherwise */
  async find<Body>(path: string, query: Query = {}): Promise<Body | undefined> {
    try {
      return await this.get<Body>(path, query);
    } catch (error) {
      if (error instanceof HttpProblem && [403, 404].includes(error.status)) return undefined;
      throw error;
    }
  }

  async list<Item>(path: string, query: Query = {}): Promise<Page<Item>> {
    return await this.get<Page<Item>>(path, query);
  }

  /** A list narrowed by what a person typed; `refused` says what of that is not taken. */
  async search<Item>(path: string, query: Query): Promise<Page<Item> & { refused?: string }> {
    try {
      return await this.list<Item>(path, query);
    } catch (error) {
      if (!(error instanceof HttpProblem) || ![400, 404].includes(error.status)) throw error;
      return { items: [], refused: error.detail };
    }
  }

  /** A list to its end, for what is shown or saved as a whole. */
  async all<Item>(path: string): Promise<Item[]> {
    const items: Item[] = [];
    let cursor: string | undefined;
    do {
      const page: Page<Item> = await this.list(path, { limit: LONGEST_PAGE, cursor });
      items.push(...page.items);
      cursor = page.next;
    } while (cursor !== undefined);
    return items;
  }

  /** Changes something: the answer, or the problem to be shown beside what was typed. */
  async send<Body>(
    method: "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body?: unknown,
    query: Query = {},
  ): Promise<{ body: Body } | { problem: Problem }> {
    const answer = await this.#call(method, path + search(query), body);
    if (!answer.ok) return { problem: await readProblem(answer) };
    const text = await answer.text();
    return { body: (text === "" ? undefined : JSON.parse(text)) as Body };
  }

  async #call(method: string, path: string, body?: unknown): Promise<Response> {
    const { origin } = new URL(this.c.req.url);
    const headers: HeadersInit = body === undefined ? {} : { "content-type": "application/json" };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const bindings = { ...this.c.env as Caller, principal: this.principal };
    return await this.answerer(new Request(origin + path, init), bindings);
  }
}

function search(query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [[name, String(value)]]
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}

async function readProblem(answer: Response): Promise<Problem> {
  return await answer.json() as Problem;
}

export function problemOf({ status, code, detail, ...members }: Problem): HttpProblem {
  return new HttpProblem(status, code, detail, members);
}
