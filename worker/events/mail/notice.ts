import type { Kind } from "../../database/school/occurrences.ts";
import type { Details } from "../details.ts";

/** What a contact is told of one occurrence. */
export interface Notice {
  kind: Kind;
  /** ISO 8601 UTC. */
  at: string;
  details: Details;
}
