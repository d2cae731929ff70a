/** A revert may be asked for again by another person: each change says whose it is. School plane. */
import { goingFurther } from "./0034-reverts-again.ts";

export const statements: string[] = [
  // Who put it back, where is_revert; NULL: who the revert says.
  "ALTER TABLE student_changes ADD COLUMN reverted_by TEXT",
  `UPDATE student_changes SET reverted_by = (SELECT actor FROM reverts
      WHERE reverts.upload_id = student_changes.upload_id)
    WHERE part = -1 AND upload_id IN (${goingFurther})`,
];
