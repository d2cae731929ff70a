/** What carrying out a command needs, and what may come of it. */
import type { Command, CommandDone, Outcome, SchoolId } from "../../../shared/protocol.ts";
import type { CatalogFile } from "../../vault/catalog/catalog.ts";
import type { Vault } from "../../vault/vault.ts";
import type { Outbox } from "../outbox.ts";
import type { WorkerClient } from "../worker-client.ts";

export interface CommandContext {
  vault: Vault;
  worker: WorkerClient;
  outbox: Outbox;
  /** Of the schools' storage keys. */
  rotation: { begin(schoolId: SchoolId, done: CommandDone): Promise<void> };
  /** Takes a file out of its home, whoever is using it. */
  remove(file: CatalogFile, why?: string): Promise<void>;
  /** The acknowledgement of a command, for a handler that writes it with what it does. */
  done(command: Command, outcome?: Outcome, why?: string): CommandDone;
}

/** The command of a type. */
export type CommandOf<Type extends Command["type"]> = Extract<Command, { type: Type }>;

/**
 * Carries out a command and records its acknowledgement, in one transaction where that matters: doing
 * it twice, as after a crash, must do no harm.
 *
 * @throws when it has to be tried again later
 */
export type Handler<Type extends Command["type"]> = (
  command: CommandOf<Type>,
  context: CommandContext,
) => Promise<void>;
