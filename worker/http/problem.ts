/** Refusals as answers: problems of RFC 9457. */

const titles: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  410: "Gone",
  412: "Precondition Failed",
  413: "Content Too Large",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** A refusal: thrown anywhere in a route, it is the answer. */
export class HttpProblem extends Error {
  /**
   * @param code a stable word for programs
   * @param detail for people: what was found, what is allowed, what was kept
   * @param members further members of the problem's JSON
   */
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly members: Record<string, unknown> = {},
    readonly headers: Record<string, string> = {},
  ) {
    super(detail);
    this.name = "HttpProblem";
  }
}

/** The problem as `application/problem+json` (RFC 9457; `about:blank`: the title is the status's). */
export function problemResponse(problem: HttpProblem): Response {
  const { status, code, detail, members, headers } = problem;
  const title = titles[status] ?? "Error";
  return new Response(
    JSON.stringify({ type: "about:blank", title, status, code, detail, ...members }),
    { status, headers: { ...headers, "content-type": "application/problem+json" } },
  );
}

/** The database cannot serve now; the caller should come again. */
export function databaseUnavailable(why: string): HttpProblem {
  return new HttpProblem(
    503,
    "database_unavailable",
    `The worker's database cannot serve now: ${why}. Nothing was lost; try again in a few seconds.`,
    {},
    { "retry-after": "2" },
  );
}
