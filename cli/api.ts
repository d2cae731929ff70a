/** Calls of the admin routes, each checked against the document of the routes when this is compiled. */
import createClient, {
  type Client,
  type ClientPathsWithMethod,
  type MaybeOptionalInit,
  type MethodResponse,
} from "openapi-fetch";
import type { Credentials } from "./credentials.ts";
import { exitCodeOf, exitCodes, Failure } from "./exit-codes.ts";
import type { paths } from "./generated-api.d.ts";

type Method = "get" | "post" | "put" | "patch" | "delete";
type PathOf<M extends Method> = ClientPathsWithMethod<Client<paths>, M>;
/** What a route takes: `params` (`path`, `query`) and `body`. Stricter than openapi-fetch's own methods. */
type Asked<M extends Method, P extends PathOf<M>> = MaybeOptionalInit<paths[P], M>;

export interface Api {
  /** The JSON of an answer. @throws Failure with the worker's own sentence */
  json<M extends Method, P extends PathOf<M>>(
    method: M,
    path: P,
    asked: Asked<M, P>,
  ): Promise<MethodResponse<Client<paths>, M, P>>;
  /** An answer as it comes. @throws Failure */
  raw<P extends PathOf<"get">>(path: P, asked: Asked<"get", P>): Promise<Response>;
}

const LONGEST_PAGE = 1000;

export function makeApi({ url, token }: Credentials): Api {
  const client = createClient({ baseUrl: url, headers: { authorization: `Bearer ${token}` } });
  client.use({
    onError({ error }) {
      const sentence = `The worker at ${url} cannot be reached: ${why(error as Error)}.`;
      throw new Failure(sentence, exitCodes.unreachable);
    },
    async onResponse({ response }) {
      if (!response.ok) throw await failureOf(response, url);
    },
  });
  // The types of `Api` have looked at what is asked; what is answered, the contract's tests.
  const send = client.request as (method: Method, path: string, asked: object) => Promise<
    { data?: unknown; response: Response }
  >;
  return {
    async json<M extends Method, P extends PathOf<M>>(method: M, path: P, asked: Asked<M, P>) {
      try {
        const { data } = await send(method, path, { ...asked });
        return data as MethodResponse<Client<paths>, M, P>;
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        throw new Failure(
          `${url} answered what no Rosterbridge worker does; is this its address?`,
          exitCodes.unreachable,
        );
      }
    },
    raw: async (path, asked) => (await send("get", path, { ...asked, parseAs: "stream" })).response,
  };
}

interface Page<Item> {
  items: Item[];
  next?: string;
}

/** A list to its end, or its `most` first items, page by page. */
export async function list<Item>(
  ask: (page: { limit: number; cursor?: string }) => Promise<Page<Item>>,
  most = Infinity,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const limit = Math.min(most - items.length, LONGEST_PAGE);
    const page = await ask(cursor === undefined ? { limit } : { limit, cursor });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined && items.length < most);
  return items;
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
