/**
 * The five calls to the worker, with time-outs. An answer that is not the worker's own, or none at
 * all, is a `WorkerUnavailable`: the caller tries again later.
 */
import * as v from "valibot";
import {
  SyncAnswer,
  type SyncRequest,
  type UploadAnnouncement,
  type UploadId,
  UploadPosition,
} from "../../shared/protocol.ts";

/** The worker is away, busy or answered something that is none of its answers. */
export class WorkerUnavailable extends Error {
  /** `retryAfterMs`: what the worker asked to wait, if it did. */
  constructor(message: string, readonly retryAfterMs?: number) {
    super(message);
    this.name = "WorkerUnavailable";
  }
}

export interface WorkerClient {
  sync(request: SyncRequest): Promise<SyncAnswer>;
  announce(announcement: UploadAnnouncement): Promise<UploadPosition>;
  /** Sends the bytes from `offset`; the answer may name another offset when that was not the next. */
  sendSlice(id: UploadId, offset: number, bytes: Uint8Array): Promise<UploadPosition>;
  /** The report, the rejected records or an export, piece by piece to its end. */
  download(path: string): AsyncIterable<Uint8Array>;
}

export interface WorkerClientOptions {
  url: string;
  token: string;
  /** Milliseconds for a call, from its start to the end of its answer. */
  timeoutMs?: number;
  /** Ends all calls. */
  signal?: AbortSignal;
  /** Milliseconds since the epoch. */
  now(): number;
}

export function workerClient(
  { url, token, timeoutMs = 30_000, signal, now }: WorkerClientOptions,
): WorkerClient {
  async function request(method: string, path: string, body?: BodyInit): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (typeof body === "string") headers["content-type"] = "application/json";
    if (body instanceof Uint8Array) headers["content-type"] = "application/octet-stream";
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      return await fetch(url + path, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        redirect: "error",
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
    } catch (error) {
      throw new WorkerUnavailable(`${method} ${pathKind(path)}: ${reasonOf(error)}`);
    }
  }

  /** Calls and reads the answer; `also` is a second status whose answer has the same schema. */
  async function call<Schema extends v.GenericSchema>(
    schema: Schema,
    method: string,
    path: string,
    body: BodyInit,
    also = 200,
  ): Promise<v.InferOutput<Schema>> {
    const response = await request(method, path, body);
    const what = `${method} ${pathKind(path)}`;
    if (response.status !== 200 && response.status !== also) {
      throw await refusal(what, response, now());
    }
    let answer: unknown;
    try {
      answer = await response.json();
    } catch (error) {
      throw new WorkerUnavailable(`${what}: the answer was cut off or no JSON: ${reasonOf(error)}`);
    }
    const parsed = v.safeParse(schema, answer);
    if (!parsed.success) {
      throw new WorkerUnavailable(`${what}: not the worker's answer: ${parsed.issues[0]?.message}`);
    }
    return parsed.output;
  }

  return {
    sync: (body) => call(SyncAnswer, "POST", "/bridge/sync", JSON.stringify(body)),
    announce: (body) => call(UploadPosition, "POST", "/bridge/uploads", JSON.stringify(body)),
    sendSlice: (id, offset, bytes) =>
      call(
        UploadPosition,
        "PUT",
        `/bridge/uploads/${id}/slices/${offset}`,
        bytes as Uint8Array<ArrayBuffer>,
        409,
      ),
    async *download(path) {
      const response = await request("GET", path);
      const what = `GET ${pathKind(path)}`;
      if (response.status !== 200 || !response.body) throw await refusal(what, response, now());
      // Whatever stands between may answer with a page of its own; it must not become a report.
      const type = response.headers.get("content-type") ?? "nothing";
      if (!/^text\/csv\b/i.test(type)) {
        await response.body.cancel();
        throw new WorkerUnavailable(`${what}: not the worker's answer: ${type}, not text/csv`);
      }
      try {
        for await (const piece of response.body) yield piece;
      } catch (error) {
        throw new WorkerUnavailable(`${what}: the answer was cut off: ${reasonOf(error)}`);
      }
    },
  };
}

async function refusal(what: string, response: Response, now: number): Promise<WorkerUnavailable> {
  const text = await response.text().catch(() => "");
  const detail = /"detail":"([^"]{1,200})"/.exec(text)?.[1];
  return new WorkerUnavailable(
    `${what}: ${response.status}${detail ? ` ${detail}` : ""}`,
    retryAfter(response.headers.get("retry-after"), now),
  );
}

const MOST_RETRY_MS = 60_000;

/** Milliseconds to wait, from seconds or a date (RFC 9110 section 10.2.3); at most a minute. */
function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const isSeconds = /^\d{1,9}$/.test(header);
  const milliseconds = isSeconds ? Number(header) * 1000 : Date.parse(header) - now;
  return milliseconds > 0 ? Math.min(milliseconds, MOST_RETRY_MS) : undefined;
}

/** The path without ids, for messages. */
function pathKind(path: string): string {
  return path.replace(/[0-9a-f-]{36}/g, ":id").replace(/\d+$/, ":offset");
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error
    ? cause.message || (cause as NodeJS.ErrnoException).code || message
    : message;
}
