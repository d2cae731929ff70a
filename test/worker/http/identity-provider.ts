/** A real OpenID Connect provider of this machine, and a browser that goes through its forms. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";

export interface Account {
  email: string;
  email_verified: boolean;
  groups: string[];
}

export async function startProvider(callback: string, accounts: Record<string, Account>) {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: "rosterbridge",
      client_secret: "the-clients-secret",
      redirect_uris: [callback],
    }],
    pkce: { required: () => true },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["groups"] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, ...accounts[id] }),
    }),
    cookies: { keys: ["a key of the test"] },
  });
  server.on("request", provider.callback());
  return {
    issuer,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export class Browser {
  /** By origin, then by name. */
  readonly #cookies = new Map<string, Map<string, string>>();
  readonly #worker: { origin: string; fetch(request: Request): Promise<Response> };

  constructor(worker: { origin: string; fetch(request: Request): Promise<Response> }) {
    this.#worker = worker;
  }

  cookie(name: string): string | undefined {
    return this.#cookies.get(this.#worker.origin)?.get(name);
  }

  async get(url: string, init: RequestInit = {}): Promise<Response> {
    const { origin } = new URL(url);
    const jar = this.#cookies.get(origin) ?? new Map<string, string>();
    this.#cookies.set(origin, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...init.headers as Record<string, string>, ...(cookie ? { cookie } : {}) };
    const request = new Request(url, { redirect: "manual", ...init, headers });
    const answer =
      await (origin === this.#worker.origin ? this.#worker.fetch(request) : fetch(request));
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      if (/max-age=0|expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name!);
      else jar.set(name!, value!);
    }
    return answer;
  }

  /** Follows redirects and fills the provider's forms, until the worker answers with a page. */
  async signIn(url: string, login: string): Promise<Response> {
    let at = url;
    let init: RequestInit = {};
    for (let steps = 0; steps < 20; steps++) {
      const answer = await this.get(at, init);
      const location = answer.headers.get("location");
      if (location) {
        at = new URL(location, at).href;
        init = {};
        continue;
      }
      if (new URL(at).origin === this.#worker.origin) return answer;
      const page = await answer.text();
      const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1];
      if (!action) throw new Error(`the provider answered ${answer.status}: ${page.slice(0, 500)}`);
      const prompt = /name="prompt" value="(\w+)"/.exec(page)![1]!;
      at = new URL(action, at).href;
      const fields: Record<string, string> = prompt === "login"
        ? { prompt, login, password: "any" }
        : { prompt };
      init = {
        method: "POST",
        body: new URLSearchParams(fields).toString(),
        headers: { "content-type": "application/x-www-form-urlencoded" },
      };
    }
    throw new Error("the browser goes in circles");
  }
}
