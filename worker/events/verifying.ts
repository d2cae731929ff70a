/**
 * Checks the audit against its seals and the bridges' events against their chains, and says exactly
 * which entry or event is missing, changed or added.
 */
import type { Client } from "@libsql/client";
import { bridgeHeads } from "../database/control/bridges.ts";
import { entriesAfter, type Seal, sealsAfter } from "../database/control/seals.ts";
import { eventsAfter } from "../database/school/ledger.ts";
import { entryHash, sha256 } from "./sealing.ts";

export interface Fault {
  /** `audit`, or a bridge by its catalog's id. */
  chain: string;
  /** The entry's id or the event's number. */
  number: number;
  kind: "missing" | "changed" | "added";
  /** What was found, in words. */
  why: string;
}

export interface Verified {
  faults: Fault[];
  /** More were found than are listed. */
  more: boolean;
  entries: number;
  /** Entries that no seal covers yet: made since the last tick. */
  unsealed: number;
  seals: number;
  events: number;
  /** The newest seal, to be compared with the log. */
  newest: Seal | undefined;
}

const PAGE = 1_000;
/** So many are listed. */
const MOST_FAULTS = 100;

export async function verifyLedger(database: Client): Promise<Verified> {
  const verified: Verified = {
    ...{ faults: [], more: false, entries: 0, unsealed: 0, seals: 0, events: 0 },
    newest: undefined,
  };
  await verifyAudit(database, verified);
  for (const bridge of await bridgeHeads(database)) {
    await verifyBridge(database, bridge, verified);
  }
  verified.more = verified.faults.length > MOST_FAULTS;
  verified.faults = verified.faults.slice(0, MOST_FAULTS);
  return verified;
}

async function verifyAudit(database: Client, verified: Verified): Promise<void> {
  const fault = (number: number, kind: Fault["kind"], why: string) =>
    verified.faults.push({ chain: "audit", number, kind, why });
  const seals = await allSeals(database);
  verified.seals = seals.length;
  verified.newest = seals.at(-1);
  const sealed = verified.newest?.entry ?? 0;
  const sealOf = new Map(seals.map((seal) => [seal.entry, seal]));
  // Without a hash there is nothing that the next can be checked against.
  let before: { id: number; hash: string | null } = { id: 0, hash: "" };
  for await (const entry of pages((id) => entriesAfter(database, id, PAGE), ({ id }) => id)) {
    verified.entries++;
    for (let id = before.id + 1; id < entry.id && id <= sealed; id++) {
      fault(id, "missing", "there is no entry with this number");
    }
    if (entry.id > sealed) verified.unsealed++;
    else if (entry.hash === null) fault(entry.id, "added", "it was not there when it was sealed");
    else if (before.id === entry.id - 1 && before.hash !== null) {
      if (entry.hash !== await entryHash(entry, before.hash)) {
        fault(entry.id, "changed", "it is not what was sealed");
      }
    }
    before = { id: entry.id, hash: entry.hash };
    const seal = sealOf.get(entry.id);
    if (seal && entry.hash !== null && seal.hash !== entry.hash) {
      fault(entry.id, "changed", `seal ${seal.number} has another hash of it`);
    }
  }
  for (let id = before.id + 1; id <= sealed; id++) {
    fault(id, "missing", "it was sealed, and is gone");
  }
  seals.forEach((seal, i) => {
    if (seal.number !== i + 1) fault(seal.entry, "missing", `seal ${i + 1} is gone`);
  });
}

async function allSeals(database: Client): Promise<Seal[]> {
  const seals: Seal[] = [];
  for await (const one of pages((n) => sealsAfter(database, n, PAGE), ({ number }) => number)) {
    seals.push(one);
  }
  return seals;
}

async function verifyBridge(
  database: Client,
  { id, first, number: head, hash }: {
    id: string;
    first: number | null;
    number: number;
    hash: string;
  },
  verified: Verified,
): Promise<void> {
  const fault = (number: number, kind: Fault["kind"], why: string) =>
    verified.faults.push({ chain: id, number, kind, why });
  let before: { number: number; hash: string } | undefined;
  for await (
    const event of pages(
      (number) => eventsAfter(database, id, number, PAGE),
      ({ number }) => number,
    )
  ) {
    verified.events++;
    const { number, previous, text } = event;
    const last: number = before?.number ?? (first ?? number) - 1;
    for (let gone = last + 1; gone < number; gone++) {
      fault(gone, "missing", "it is not in the ledger");
    }
    // Events of before the chain was kept whole have nothing to be checked against.
    if (previous !== null) {
      if (text !== null && event.hash !== await sha256(`${number}\n${previous}\n${text}`)) {
        fault(number, "changed", "it is not what the bridge told");
      } else if (before && before.number === number - 1 && previous !== before.hash) {
        fault(number, "changed", "it does not follow the one before");
      }
    }
    before = { number, hash: event.hash };
  }
  before ??= { number: (first ?? head) - 1, hash: "" };
  for (let gone = before.number + 1; gone <= head; gone++) {
    fault(gone, "missing", "it was taken from the bridge, and is gone");
  }
  if (before.number > head) fault(before.number, "added", "the bridge has not told it");
  else if (before.number === head && before.hash !== hash) {
    fault(head, "changed", "it is not the last that the bridge told");
  }
}

async function* pages<Item>(
  read: (after: number) => Promise<Item[]>,
  numberOf: (item: Item) => number,
): AsyncGenerator<Item> {
  for (let after = 0;;) {
    const page = await read(after);
    yield* page;
    if (page.length < PAGE) return;
    after = numberOf(page.at(-1)!);
  }
}
