/** Which failures of the database are its own, so that the caller should try again later. */

/** The remote database cannot be reached, or did not answer in time. */
export class DatabaseAway extends Error {
  constructor(cause: unknown) {
    super(`the database cannot be reached: ${reason(cause)}`, { cause });
    this.name = "DatabaseAway";
  }
}

const codes = new Set([
  "SQLITE_BUSY",
  "SQLITE_LOCKED",
  "SQLITE_CANTOPEN",
  "SQLITE_IOERR",
  "SQLITE_FULL",
  // The remote server took the lock away from a batch that was too slow, or was restarted within it.
  "TRANSACTION_TIMEOUT",
  "TRANSACTION_CLOSED",
  "TRANSACTION_BUSY",
  "STREAM_EXPIRED",
  "SERVER_ERROR",
  "HRANA_WEBSOCKET_ERROR",
  "HRANA_CLOSED_ERROR",
  "HRANA_PROTO_ERROR",
  // The database was closed because this process is ending.
  "CLIENT_CLOSED",
]);

/** Is the database away or busy? Nothing of the failed batch was written, or all of it. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseAway) return true;
  return error instanceof Error && codes.has((error as { code?: string }).code ?? "");
}

/** Had a write no room? */
export function isDiskFull(error: unknown): boolean {
  return (error as { code?: string }).code === "SQLITE_FULL";
}

/**
 * Why this program can never use the database with these settings, to go on after `DATABASE_URL is …, `;
 * `undefined` for what may pass by itself.
 */
export function databaseFault(error: unknown): string | undefined {
  const { name, code, message } = error as { name?: string; code?: string; message?: string };
  if (code === "SQLITE_NOTADB") {
    return "a file that is no SQLite database; it was left as it is. It takes one that this " +
      "worker made, or a name that is free.";
  }
  // SQLITE_CANTOPEN, as the native library tells it when it opens the file.
  if (/^ConnectionFailed\(.*: 14"\)$/.test(message ?? "")) {
    return "a file that cannot be opened. Its folder must be there, and the worker must be able " +
      "to write into it; the file itself is made.";
  }
  // Deno's, also for what the native library needs (Deno 2: NotCapable).
  if (name === "NotCapable" || name === "PermissionDenied") {
    return "an embedded database, which the worker may not open: on Deno that takes " +
      `--allow-ffi=…/node_modules/@libsql --allow-sys=cpus,hostname,networkInterfaces,umask (${message}). ` +
      "A database behind libsql: or https: takes neither.";
  }
  if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") {
    return "an embedded database, whose library (libsql) is not installed; `npm ci` brings it.";
  }
  return undefined;
}

/** Did a row break a key, a unique index or a NOT NULL? The whole batch was undone. */
export function isConstraint(error: unknown): boolean {
  return error instanceof Error && (error as { code?: string }).code === "SQLITE_CONSTRAINT";
}

function reason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  // Node says no more than "fetch failed"; why stands one level deeper.
  return cause.cause instanceof Error ? cause.cause.message : cause.message;
}
