import type { SchoolId } from "../../shared/protocol.ts";

/** A school's id as the directory would have brought it. */
export const idOfSchool = (id: number) => id as SchoolId;
