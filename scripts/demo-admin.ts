/** An administrator's side of the demo: the HTTP routes, as curl would call them. */
export type Admin = <Answer>(method: string, path: string, body?: unknown) => Promise<Answer>;

/** @returns a caller that throws when the answer is no success */
export function adminClient(workerUrl: string, token: string): Admin {
  return async (method, path, body) => {
    const response = await fetch(workerUrl + path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (response.ok) return await response.json();
    throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
  };
}
