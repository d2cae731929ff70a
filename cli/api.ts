/** Calls of the admin routes. */
import { exitCodeOf, exitCodes, Failure } from "./exit-codes.ts";
import type { Credentials } from "./credentials.ts";

export type Query = Record<string, string | number | undefined>;

interface Page<Item> {
  items: Item[];
  next?: string;
}

export interface Api {
  /** The JSON of an answer. @throws Failure with the worker's own sentence */
  json<Answer>(method: string, path: string, body?: unknown, query?: Query): Promise<Answer>;
  /** An answer as it comes. @throws Failure */
  raw(path: string): Promise<Response>;
  /** A list to its end, or to its `most` first items. */
  list<Item>(path: string, query?: Query, most?: number): AsyncGenerator<Item>;
}

const LONGEST_PAGE = 1000;

export function makeApi({ url, token }: Credentials): Api {
  async function call(method: string, path: string, body?: unknown): Promise<Response> {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((error: Error) => {
      throw new Failure(
        `The worker at ${url} cannot be reached: ${why(error)}.`,
        exitCodes.unreachable,
      );
    });
    if (!response.ok) throw await failureOf(response, url);
    return response;
  }

  async function json<Answer>(method: string, path: string, body?: unknown, query: Query = {}) {
    const response = await call(method, path + search(query), body);
    if (response.status === 204) return undefined as Answer;
    return await response.json() as Answer;
  }

  return {
    json,
    raw: (path) => call("GET", path),
    async *list<Item>(path: string, query: Query = {}, most = Infinity) {
      let cursor: string | undefined;
      let left = most;
      do {
        const limit = Math.min(left, LONGEST_PAGE);
        const page: Page<Item> = await json("GET", path, undefined, { ...query, limit, cursor });
        yield* page.items;
        left -= page.items.length;
        cursor = page.next;
      } while (cursor !== undefined && left > 0);
    },
  };
}

/** All items of a list. */
export async function collect<Item>(list: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of list) items.push(item);
  return items;
}

/** One part of a path, whatever is in it. */
export const part = encodeURIComponent;

function search(query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]]
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}

async function failureOf(response: Response, url: string): Promise<Failure> {
  const text = await response.text();
  const exitCode = exitCodeOf(response.status);
  try {
    const problem = JSON.parse(text) as Record<string, unknown>;
    return new Failure(String(problem["detail"] ?? problem["title"]), exitCode, problem);
  } catch {
    return new Failure(
      `${url} answered ${response.status} ${response.statusText} and no problem of a Rosterbridge ` +
        "worker; is this its address?",
      exitCode,
    );
  }
}

function why(error: Error): string {
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
}
