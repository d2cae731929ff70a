/** What the command line ends with (sysexits.h), and why. */
export const exitCodes = {
  /** Done. */
  done: 0,
  /** What was looked at is not well: an upload that was followed, or the doctor's finding. */
  notWell: 1,
  /** Words that mean nothing here. */
  usage: 64,
  /** The worker looked at what was given and refused it; nothing was changed. */
  refused: 65,
  /** There is no such school, upload, key or file. */
  unknown: 66,
  /** The worker cannot be reached, or answered with a fault of its own. */
  unreachable: 69,
  /** Try again later: too many requests, or the worker's database cannot serve now. */
  later: 75,
  /** The token is not taken, or not for this. */
  forbidden: 77,
  /** No worker or no token is known. */
  notSetUp: 78,
} as const;

/** Ends the command with a sentence for people. */
export class Failure extends Error {
  constructor(
    message: string,
    readonly exitCode: number,
    /** The worker's problem (RFC 9457), for `--json`. */
    readonly problem?: Record<string, unknown>,
  ) {
    super(message);
    this.name = "Failure";
  }
}

/** Which exit code an answer's status stands for. */
export function exitCodeOf(status: number): number {
  if (status === 401 || status === 403) return exitCodes.forbidden;
  if (status === 404 || status === 410) return exitCodes.unknown;
  if (status === 429 || status === 503) return exitCodes.later;
  return status >= 500 ? exitCodes.unreachable : exitCodes.refused;
}
