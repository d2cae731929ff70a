/**
 * The calls to the worker. An answer that is not the worker's own, or none at all, is a
 * `WorkerUnavailable`: the caller tries again later. A refusal that no trying again will heal is a
 * `WorkerRefusal`. What ends a call is silence, not how long it takes.
 */
import { setMaxListeners } from "node:events";
import * as v from "valibot";
import {
  BRIDGE_HEADER,
  EventsAnswer,
  type EventsRequest,
  ListenAnswer,
  type ListenRequest,
  PROTOCOL,
  PROTOCOL_HEADER,
  SCHOOL_HEADER,
  type SchoolId,
  type UploadAnnouncement,
  type UploadId,
  UploadPosition,
} from "../../shared/protocol.ts";
import { pathKind, reasonOf, refusalOf, WorkerUnavailable } from "./worker-answers.ts";
import { heardPieces, listenForSilence, type Silence } from "./silence.ts";

export { WorkerFault, WorkerRefusal, WorkerUnavailable } from "./worker-answers.ts";

/** Which bytes of an upload are sent. */
export interface SentSlice {
  id: UploadId;
  schoolId: SchoolId;
  lane: string;
  pass: string;
  offset: number;
  bytes: Uint8Array;
}

export interface WorkerClient {
  /** Hands over what happened and what became of commands. */
  tell(request: EventsRequest): Promise<EventsAnswer>;
  /** Waits at the worker until there are news, or for `waitMs`. */
  listen(request: ListenRequest): Promise<ListenAnswer>;
  announce(announcement: UploadAnnouncement): Promise<UploadPosition>;
  /** Sends the bytes from an offset; the answer may name another one when that was not the next. */
  sendSlice(slice: SentSlice): Promise<UploadPosition>;
  /** The bytes of a result or a delivery, piece by piece to their end. */
  download(href: string): AsyncIterable<Uint8Array>;
}

export interface WorkerClientOptions {
  url: string;
  token: string;
  /** Which catalog this is; it may take another id. */
  bridgeId(): string;
  /** So long the worker may say and take nothing, in milliseconds; a call as a whole may take longer. */
  silenceMs?: number;
  /** Ends all calls. */
  signal?: AbortSignal;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Bodies go out in pieces of so many bytes, each of which shows that the worker takes them. */
const PIECE_BYTES = 64 * 1024;

export function workerClient(
  { url, token, bridgeId, silenceMs = 30_000, signal, now }: WorkerClientOptions,
): WorkerClient {
  // Every call under way listens to it.
  if (signal) setMaxListeners(0, signal);

  async function request(
    method: string,
    path: string,
    silence: Silence,
    body?: string | Uint8Array,
    also: Record<string, string> = {},
  ): Promise<Response> {
    const headers: Record<string, string> = {
      authorization: `Bearer ${token}`,
      [PROTOCOL_HEADER]: String(PROTOCOL),
      [BRIDGE_HEADER]: bridgeId(),
      ...also,
    };
    if (typeof body === "string") headers["content-type"] = "application/json";
    if (body instanceof Uint8Array) headers["content-type"] = "application/octet-stream";
    try {
      return await fetch(url + path, {
        method,
        headers,
        ...bodyOf(body, silence),
        redirect: "error",
        signal: silence.signal,
      });
    } catch (error) {
      throw new WorkerUnavailable(`${method} ${pathKind(path)}: ${reasonOf(error)}`);
    }
  }

  /** Calls and reads the answer; `also` is a second status whose answer has the same schema. */
  async function call<Schema extends v.GenericSchema>(
    schema: Schema,
    [method, path, body]: [method: string, path: string, body: string | Uint8Array],
    { also = 200, mayWaitMs = 0, headers = {} } = {},
  ): Promise<v.InferOutput<Schema>> {
    const what = `${method} ${pathKind(path)}`;
    using silence = listenForSilence(silenceMs + mayWaitMs, signal);
    const response = await request(method, path, silence, body, headers);
    if (response.status !== 200 && response.status !== also) {
      throw await refusalOf(what, response, now());
    }
    const answer = await jsonOf(what, response, silence);
    const parsed = v.safeParse(schema, answer);
    if (parsed.success) return parsed.output;
    throw new WorkerUnavailable(`${what}: not the worker's answer: ${parsed.issues[0]?.message}`);
  }

  return {
    tell: (body) => call(EventsAnswer, ["POST", "/bridge/events", JSON.stringify(body)]),
    listen: (body) =>
      call(ListenAnswer, ["POST", "/bridge/listen", JSON.stringify(body)], {
        mayWaitMs: body.waitMs,
      }),
    announce: (body) => call(UploadPosition, ["POST", "/bridge/uploads", JSON.stringify(body)]),
    sendSlice({ id, schoolId, lane, pass, offset, bytes }) {
      const query = new URLSearchParams({ pass, lane });
      const path = `/bridge/uploads/${id}/slices/${offset}?${query}`;
      const headers = { [SCHOOL_HEADER]: String(schoolId) };
      return call(UploadPosition, ["PUT", path, bytes], { also: 409, headers });
    },
    async *download(href) {
      const path = ownPath(href);
      const what = `GET ${pathKind(path)}`;
      using silence = listenForSilence(silenceMs, signal);
      const response = await request("GET", path, silence);
      if (response.status !== 200 || !response.body) throw await refusalOf(what, response, now());
      // Whatever stands between may answer with a page of its own; it must not become a report.
      if (!response.headers.has(PROTOCOL_HEADER)) {
        await response.body.cancel();
        const type = response.headers.get("content-type") ?? "nothing";
        throw new WorkerUnavailable(`${what}: not the worker's answer: ${type}`);
      }
      try {
        yield* heardPieces(response.body, silence);
      } catch (error) {
        throw new WorkerUnavailable(`${what}: the answer was cut off: ${reasonOf(error)}`);
      }
    },
  };
}

/** The token goes to the worker's own bridge calls and nowhere else. */
function ownPath(href: string): string {
  const { host, pathname, search } = new URL(href, "http://worker.invalid");
  if (host === "worker.invalid" && pathname.startsWith("/bridge/")) return pathname + search;
  throw new WorkerUnavailable("the worker names bytes that are not among its bridge calls");
}

/** A body of some size goes out in pieces, so that a slow line is not taken for a silent one. */
function bodyOf(body: string | Uint8Array | undefined, silence: Silence): RequestInit {
  if (body === undefined) return {};
  if (typeof body === "string" || body.length <= PIECE_BYTES) {
    return { body: body as string | Uint8Array<ArrayBuffer> };
  }
  let at = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      silence.heard();
      controller.enqueue(body.subarray(at, at + PIECE_BYTES));
      at += PIECE_BYTES;
      if (at >= body.length) controller.close();
    },
  }, { highWaterMark: 0 });
  return { body: stream, duplex: "half" } as RequestInit;
}

async function jsonOf(what: string, response: Response, silence: Silence): Promise<unknown> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const piece of response.body ? heardPieces(response.body, silence) : []) {
      text += decoder.decode(piece, { stream: true });
    }
    return JSON.parse(text + decoder.decode());
  } catch (error) {
    throw new WorkerUnavailable(`${what}: the answer was cut off or no JSON: ${reasonOf(error)}`);
  }
}
