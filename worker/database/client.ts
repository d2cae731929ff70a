/**
 * The database behind its URL. `file:` is the embedded one and needs the native library; `http(s):`,
 * `libsql:` and `ws(s):` are remote and need nothing but the network.
 */
import { type Client, createClient as createRemoteClient } from "@libsql/client/web";
import { BatchStep } from "@libsql/hrana-client";
import { DatabaseAway } from "./errors.ts";

export interface DatabaseAddress {
  url: string;
  authToken?: string | undefined;
  /** How long a statement waits for another process's lock on the file, in milliseconds. */
  busyMs?: number;
}

/** How long a remote database may take for a request, in milliseconds. */
const ANSWER_MS = 30_000;

/**
 * Opens the database. A remote one is not asked anything yet; of an embedded one the folder must be
 * there, the file is made.
 *
 * @throws when the file cannot be opened
 */
export async function openDatabase(
  { url, authToken, busyMs = 5_000 }: DatabaseAddress,
): Promise<Client> {
  if (/^file:/i.test(url)) return await openFile(url, busyMs);
  return createRemoteClient({
    url,
    ...(authToken ? { authToken } : {}),
    fetch: fetchInTime,
  });
}

/** Deleted rows are overwritten with zeros in the file. The setting is a connection's own. */
const OVERWRITE_DELETED = "PRAGMA secure_delete = ON";

/**
 * After a purge: what was deleted is gone from the write-ahead log too. What a remote server keeps in
 * its log and its backups is its operator's to say.
 */
export async function forgetDeleted(database: Client): Promise<void> {
  if (database.protocol === "file") await database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

/**
 * One connection is all an embedded database can use, as its calls are synchronous. `synchronous` is
 * FULL on every connection as the library is built (tested), so a commit survives power loss;
 * `journal_mode` stays with the file.
 */
async function openFile(url: string, busyMs: number): Promise<Client> {
  // Loaded here only, so that a worker with a remote database never needs the native library.
  const { createClient } = await import("@libsql/client");
  const client = createClient({ url, concurrency: 1, timeout: busyMs });
  try {
    await client.execute(OVERWRITE_DELETED);
    const { rows } = await client.execute("PRAGMA journal_mode");
    if (rows[0]?.[0] !== "wal") await client.execute("PRAGMA journal_mode = WAL");
  } catch (error) {
    client.close();
    throw error;
  }
  return withFreshConnectionAfterBusy(client);
}

/**
 * The native library leaves a statement that failed with SQLITE_BUSY open, and until the garbage
 * collector comes by, every COMMIT of that connection fails ("SQL statements in progress"). So the
 * connection is given up with the failure.
 */
function withFreshConnectionAfterBusy(client: Client): Client {
  const execute = client.execute.bind(client);
  const guard = <Arguments extends unknown[], Result>(
    call: (...values: Arguments) => Promise<Result>,
  ) =>
  async (...values: Arguments): Promise<Result> => {
    try {
      return await call.apply(client, values);
    } catch (error) {
      if ((error as { code?: string }).code === "SQLITE_BUSY" && !client.closed) {
        await client.reconnect();
        await execute(OVERWRITE_DELETED).catch(() => {/* said by the next call */});
      }
      throw error;
    }
  };
  client.execute = guard(client.execute) as Client["execute"];
  client.batch = guard(client.batch);
  return client;
}

/** A step of a batch whose failure never ends the process. */
function heeded<Arguments extends unknown[], Result>(
  add: (this: BatchStep, ...values: Arguments) => Promise<Result>,
) {
  return function (this: BatchStep, ...values: Arguments): Promise<Result> {
    const done = add.apply(this, values);
    done.catch(() => {/* said by the batch */});
    return done;
  };
}

// Of a batch the library waits for the first step that fails. A server that takes a slow batch's lock
// away fails several, and a failure that nobody waits for ends the process.
const { query, run } = BatchStep.prototype;
BatchStep.prototype.query = heeded(query);
BatchStep.prototype.run = heeded(run);

/**
 * Tells a database that is away or does not answer from a fault of this program. Answers come as they
 * are: a server that compresses the indexes of a roster takes twice as long as all the rest of it.
 */
async function fetchInTime(request: Request): Promise<Response> {
  try {
    request.headers.set("accept-encoding", "identity");
    const answer = await fetch(request, { signal: AbortSignal.timeout(ANSWER_MS) });
    // To its end here, as an answer that is cut off is the same trouble.
    const body = await answer.arrayBuffer();
    return new Response(body, { status: answer.status, headers: answer.headers });
  } catch (error) {
    throw new DatabaseAway(error);
  }
}
