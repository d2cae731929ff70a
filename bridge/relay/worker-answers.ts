/** What the worker's answers mean that are not the wanted ones. */
import { PROTOCOL_HEADER } from "../../shared/protocol.ts";

/** The worker is away, busy or answered something that is none of its answers. */
export class WorkerUnavailable extends Error {
  /** `retryAfterMs`: what the worker asked to wait, if it did. */
  constructor(message: string, readonly retryAfterMs?: number) {
    super(message);
    this.name = "WorkerUnavailable";
  }
}

/** The worker itself failed at what it was asked; at this, perhaps, it always will. */
export class WorkerFault extends WorkerUnavailable {
  constructor(message: string, retryAfterMs?: number) {
    super(message, retryAfterMs);
    this.name = "WorkerFault";
  }
}

/** The worker itself refuses, and will again: what is asked is not possible. */
export class WorkerRefusal extends Error {
  /** `code`: the worker's stable word; `detail`: its sentence for people. */
  constructor(readonly status: number, readonly code: string, readonly detail: string) {
    super(`${status} ${detail}`);
    this.name = "WorkerRefusal";
  }
}

/** These may heal: a token being replaced, a call that came too early, too many calls. */
const HEALING = new Set([401, 403, 404, 408, 421, 425, 429]);

export async function refusalOf(
  what: string,
  response: Response,
  now: number,
): Promise<WorkerUnavailable | WorkerRefusal> {
  const text = await response.text().catch(() => "");
  const problem = problemOf(response, text);
  const { status } = response;
  if (problem && status >= 400 && status < 500 && !HEALING.has(status)) {
    return new WorkerRefusal(status, problem.code, problem.detail);
  }
  const detail = problem?.detail ?? readProblem(text)?.detail.slice(0, 200);
  const Unavailable = problem && status === 500 ? WorkerFault : WorkerUnavailable;
  return new Unavailable(
    `${what}: ${status}${detail ? ` ${detail}` : ""}`,
    retryAfter(response.headers.get("retry-after"), now),
  );
}

/** The problem (RFC 9457), if it is the worker that says so and nothing before it. */
function problemOf(
  response: Response,
  text: string,
): { code: string; detail: string } | undefined {
  const type = response.headers.get("content-type") ?? "";
  if (!response.headers.has(PROTOCOL_HEADER) || !type.includes("problem+json")) return undefined;
  return readProblem(text);
}

function readProblem(text: string): { code: string; detail: string } | undefined {
  try {
    const { code, detail } = JSON.parse(text) as Record<string, unknown>;
    return { code: String(code ?? ""), detail: String(detail ?? "").slice(0, 500) };
  } catch {
    return undefined;
  }
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
export function pathKind(path: string): string {
  return path.replace(/\?.*/, "").replace(/[0-9a-f-]{36}/g, ":id").replace(/\d+$/, ":offset");
}

export function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error
    ? cause.message || (cause as NodeJS.ErrnoException).code || message
    : message;
}
