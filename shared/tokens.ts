/** What a token may look like: the same on the side that sends it and on the side that takes it. */

/** Fewer characters could be guessed. */
export const TOKEN_CHARACTERS = 16;

/**
 * What is wrong with a token, to go on after the name of what holds it; `undefined` for a good one. A
 * token goes into a header, so it takes what a header can carry (RFC 6750 section 2.1). Nothing of the
 * token is in the answer.
 */
export function tokenFault(token: string): string | undefined {
  const takes = `it takes ${TOKEN_CHARACTERS} or more letters, digits and . _ ~ + / - =`;
  if (!/^[A-Za-z0-9._~+/-]*=*$/.test(token)) {
    return `has characters that no bearer token has; ${takes}`;
  }
  if (token.length < TOKEN_CHARACTERS) return `has ${token.length} characters; ${takes}`;
  return undefined;
}
