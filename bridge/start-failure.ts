/** Why a bridge does not start, and with which exit code it says so (SPEC section 8, sysexits.h). */

/** What may pass by itself: a port that is taken, a folder that another bridge holds. Exit code 75. */
export class TemporaryFailure extends Error {}

/** Words on the command line that mean nothing. Exit code 64. */
export class UsageError extends Error {}
