/** Events as the bridge tells them: their text, its hash, and what this worker understands of it. */
import * as v from "valibot";
import { AnyEvent, LedgerEvent, SchoolId, type ToldEvent } from "../../shared/protocol.ts";
import { instant } from "../context.ts";
import type { NumberedEvent } from "../database/school/ledger.ts";

/**
 * What every event says, also one that cannot be read: a refused one would keep all that happened after
 * it. It is kept as it was told, if it says of which school it is, and the chain goes on.
 */
export async function readTold(
  told: readonly ToldEvent[],
  now: number,
): Promise<NumberedEvent[]> {
  const events = await Promise.all(told.map(async (one) => {
    const head = read(AnyEvent, one) ?? unreadable(one, now);
    const at = instant(Date.parse(head.at));
    const event = read(LedgerEvent, one);
    return {
      ...one,
      hash: await hashOf(one),
      head: { ...head, at },
      event: event && { ...event, at },
    };
  }));
  return events.sort((a, b) => a.number - b.number);
}

/** The type of what cannot be read, in the ledger. */
export const UNREADABLE = "unreadable";

function unreadable(one: ToldEvent, now: number): AnyEvent {
  const school = read(v.object({ schoolId: SchoolId }), one);
  return {
    id: "",
    at: instant(now),
    type: UNREADABLE,
    // No school has the number 0.
    schoolId: school?.schoolId ?? (0 as SchoolId),
    uploadId: null,
    why: null,
  };
}

function read<Schema extends v.GenericSchema>(
  schema: Schema,
  { text }: ToldEvent,
): v.InferOutput<Schema> | undefined {
  try {
    return v.parse(schema, JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function hashOf({ number, previous, text }: ToldEvent): Promise<string> {
  const bytes = new TextEncoder().encode(`${number}\n${previous}\n${text}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
