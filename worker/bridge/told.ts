/** Events as the bridge tells them: their text, its hash, and what this worker understands of it. */
import * as v from "valibot";
import { AnyEvent, LedgerEvent, type ToldEvent } from "../../shared/protocol.ts";
import { instant } from "../context.ts";
import type { NumberedEvent } from "../database/school/ledger.ts";
import { HttpProblem } from "../http/problem.ts";

/** @throws HttpProblem 400 when a text is no event at all */
export async function readTold(told: readonly ToldEvent[]): Promise<NumberedEvent[]> {
  const events = await Promise.all(told.map(async (one) => {
    const head = read(AnyEvent, one);
    if (!head) {
      throw new HttpProblem(400, "event_invalid", `Event ${one.number} is none that can be read.`);
    }
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
