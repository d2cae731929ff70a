/** A database in which something happens around what is asked of it. */
import type { Client, InStatement, ResultSet } from "@libsql/client";

type Mode = "read" | "write";

/** @param around is called instead of each batch, which `make` makes */
export function aroundBatches(
  client: Client,
  around: (
    make: () => Promise<ResultSet[]>,
    statements: InStatement[],
    mode: Mode,
  ) => Promise<ResultSet[]>,
): Client {
  return instead(
    client,
    "batch",
    (statements: InStatement[], mode: Mode) =>
      around(() => client.batch(statements, mode), statements, mode),
  );
}

/** @param around is called instead of each statement that is executed alone, which `make` makes */
export function aroundStatements(
  client: Client,
  around: (make: () => Promise<ResultSet>, statement: InStatement) => Promise<ResultSet>,
): Client {
  return instead(
    client,
    "execute",
    (statement: InStatement) => around(() => client.execute(statement), statement),
  );
}

export class Crash extends Error {}

/**
 * A database whose worker dies at its so-and-so-many-th call: before the call, or after it was made and
 * before the worker heard of it. From then on it does nothing more.
 */
export function dyingDatabase(database: Client, dies: number, isHeard: boolean): Client {
  let calls = 0;
  const dying = <Arguments extends unknown[], Result>(
    call: (...values: Arguments) => Promise<Result>,
  ) =>
  async (...values: Arguments): Promise<Result> => {
    calls += 1;
    if (calls > dies || (calls === dies && !isHeard)) throw new Crash();
    const result = await call(...values);
    if (calls >= dies) throw new Crash();
    return result;
  };
  return {
    execute: dying(database.execute.bind(database) as Client["execute"]),
    batch: dying(database.batch.bind(database)),
  } as Client;
}

function instead(client: Client, method: "batch" | "execute", does: unknown): Client {
  return new Proxy(client, {
    get(target, name) {
      if (name === method) return does;
      const member = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
