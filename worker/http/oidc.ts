/** OpenID Connect Core 1.0: the authorization code flow with PKCE (RFC 7636), as the relying party. */
import * as oauth from "oauth4webapi";
import { HttpProblem } from "./problem.ts";
import type { OidcSettings } from "./oidc-settings.ts";
import { FRESH_MS } from "./session.ts";

/** What the browser keeps between leaving for the provider and coming back. */
export interface Leaving {
  state: string;
  nonce: string;
  verifier: string;
  /** The page that was asked for. */
  to: string;
}

/** Whom the provider says it is. */
export interface Person {
  name: string;
  groups: string[];
  /** When it asked for the password or the like, ISO 8601 UTC. */
  signedInAt: string;
}

/** Asked of the provider: who entered a password longer ago does so again. Seconds. */
const MAX_AGE_S = FRESH_MS / 1000;
/** So far the provider's clock may be from ours, in seconds. */
const SKEW_S = 60;
/** The provider is not waited for longer, in milliseconds. */
const WAIT_MS = 10_000;

export class Provider {
  readonly #settings: OidcSettings;
  #server: Promise<oauth.AuthorizationServer> | undefined;

  constructor(settings: OidcSettings) {
    this.#settings = settings;
  }

  /** Where to send the browser, and what it has to bring back. @throws HttpProblem 503 */
  async leave(to: string): Promise<{ url: URL; leaving: Leaving }> {
    const { clientId, callback } = this.#settings;
    const { authorization_endpoint: endpoint } = await this.#discover();
    if (!endpoint) throw away("it names no authorization endpoint");
    const verifier = oauth.generateRandomCodeVerifier();
    const leaving = {
      state: oauth.generateRandomState(),
      nonce: oauth.generateRandomNonce(),
      verifier,
      to,
    };
    const url = new URL(endpoint);
    const parameters = {
      client_id: clientId,
      redirect_uri: callback,
      response_type: "code",
      scope: "openid email profile",
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state: leaving.state,
      nonce: leaving.nonce,
      max_age: String(MAX_AGE_S),
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return { url, leaving };
  }

  /**
   * Who came back. `now` in milliseconds.
   * @throws HttpProblem 401 when that is not proved, 503 when the provider is away
   */
  async arrive(parameters: URLSearchParams, leaving: Leaving, now: number): Promise<Person> {
    const { clientId, clientSecret, callback, claim } = this.#settings;
    const server = await this.#discover();
    const client: oauth.Client = { client_id: clientId };
    const authentication = clientSecret ? oauth.ClientSecretBasic(clientSecret) : oauth.None();
    try {
      const valid = oauth.validateAuthResponse(server, client, parameters, leaving.state);
      const answer = await oauth.authorizationCodeGrantRequest(
        ...[
          server,
          client,
          authentication,
          valid,
          callback,
          leaving.verifier,
          this.#options(),
        ] as const,
      );
      const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer, {
        expectedNonce: leaving.nonce,
        requireIdToken: true,
      });
      const claims = oauth.getValidatedIdTokenClaims(tokens)!;
      const signedInAt = signedIn(claims, now);
      if (claims[claim] !== undefined || !server.userinfo_endpoint) {
        return { ...this.#person(claims.sub, claims), signedInAt };
      }
      const told = await oauth.userInfoRequest(
        server,
        client,
        tokens.access_token,
        this.#options(),
      );
      const more = await oauth.processUserInfoResponse(server, client, claims.sub, told);
      return { ...this.#person(claims.sub, { ...claims, ...more }), signedInAt };
    } catch (error) {
      throw error instanceof HttpProblem ? error : notProved(error);
    }
  }

  #person(subject: string, claims: Record<string, unknown>): Omit<Person, "signedInAt"> {
    const { email, email_verified: isVerified } = claims;
    const isAddress = typeof email === "string" && /^[^\s@]+@[^\s@]+$/.test(email);
    const groups = claims[this.#settings.claim];
    return {
      // An address that the provider did not look at may be anybody's.
      name: isAddress && isVerified !== false
        ? email
        : `${subject} of ${this.#settings.issuer.hostname}`,
      groups: (Array.isArray(groups) ? groups : [groups]).filter((one) => typeof one === "string"),
    };
  }

  /** Once; a provider that was away is asked again. */
  async #discover(): Promise<oauth.AuthorizationServer> {
    const { issuer } = this.#settings;
    this.#server ??= oauth.discoveryRequest(issuer, this.#options())
      .then((answer) => oauth.processDiscoveryResponse(issuer, answer));
    try {
      return await this.#server;
    } catch (error) {
      this.#server = undefined;
      throw away((error as Error).message);
    }
  }

  #options() {
    return {
      signal: AbortSignal.timeout(WAIT_MS),
      [oauth.allowInsecureRequests]: this.#settings.issuer.protocol === "http:",
    };
  }
}

/** `max_age` was asked for, so `auth_time` has to be told (OpenID Connect Core, section 3.1.2.1). */
function signedIn({ auth_time: time }: oauth.IDToken, now: number): string {
  const why = time === undefined
    ? "does not say when it asked for your password (auth_time)"
    : now / 1000 - time > MAX_AGE_S + SKEW_S
    ? `asked for your password longer than ${MAX_AGE_S / 60} minutes ago`
    : undefined;
  if (why === undefined) return new Date(Math.min(now, time! * 1000)).toISOString();
  throw new HttpProblem(
    401,
    "sign_in_refused",
    `The OpenID Connect provider ${why}, though it was told to (max_age). Nobody was signed in; sign in ` +
      "with a token, and tell whoever runs the provider.",
  );
}

function away(why: string): HttpProblem {
  return new HttpProblem(
    503,
    "provider_unavailable",
    `The OpenID Connect provider (OIDC_ISSUER) cannot be asked: ${why}. Nobody was signed in; try again ` +
      "in a moment, or sign in with a token.",
    {},
    { "retry-after": "5" },
  );
}

function notProved(error: unknown): HttpProblem {
  // The provider's own word, such as access_denied; never what was sent.
  const code = error instanceof oauth.AuthorizationResponseError ||
      error instanceof oauth.ResponseBodyError
    ? `: ${error.error}`
    : "";
  return new HttpProblem(
    401,
    "sign_in_refused",
    `The OpenID Connect provider does not say who you are${code}. Nobody was signed in; begin again ` +
      "from the sign-in page.",
  );
}
