/** Tells events as a bridge does: numbered, chained, as text. */
import { createHash, randomUUID } from "node:crypto";
import type { ToldEvent } from "../../../shared/protocol.ts";

export interface Teller {
  /** The headers of this bridge's calls. */
  headers: Record<string, string>;
  tell(...events: object[]): ToldEvent[];
}

export function teller(): Teller {
  let number = 0;
  let previous = "";
  return {
    headers: { "rosterbridge-protocol": "1", "rosterbridge-bridge": randomUUID() },
    tell: (...events) =>
      events.map((event) => {
        const text = JSON.stringify(event);
        const told = { number: ++number, previous, text };
        previous = createHash("sha256").update(`${number}\n${told.previous}\n${text}`).digest(
          "hex",
        );
        return told;
      }),
  };
}
