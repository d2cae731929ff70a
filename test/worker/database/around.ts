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

function instead(client: Client, method: "batch" | "execute", does: unknown): Client {
  return new Proxy(client, {
    get(target, name) {
      if (name === method) return does;
      const member = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
