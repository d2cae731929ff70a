/** A revert can be asked for again when what stood in its way is gone. School plane. */
const isFirstOfUpload = (change: string) =>
  `${change}.is_revert = 0 AND ${change}.previous IS NOT ${change}.upload_id`;
const ofStudent = (other: string) =>
  `${other}.school_id = student_changes.school_id AND ${other}.id > student_changes.id
    AND ${other}.username_key = student_changes.username_key
    AND ${other}.upload_id = student_changes.upload_id`;
/** Those that are not done, and those that may be asked for again: few of all that there were. */
export const goingFurther = `SELECT upload_id FROM reverts
  WHERE finished_at IS NULL OR EXISTS (SELECT 1 FROM revert_remains AS kept
    WHERE kept.upload_id = reverts.upload_id
      AND kept.why IN ('changed_since', 'student_id_taken'))`;

export const statements: string[] = [
  // How often it was begun.
  "ALTER TABLE reverts ADD COLUMN run INTEGER NOT NULL DEFAULT 1",
  // In which run of the revert the change was put back; NULL: in none.
  "ALTER TABLE student_changes ADD COLUMN undone INTEGER",
  `UPDATE student_changes SET undone = 1
    WHERE upload_id IN (${goingFurther}) AND ${isFirstOfUpload("student_changes")}
      AND EXISTS (SELECT 1 FROM student_changes AS back
        WHERE ${ofStudent("back")} AND back.is_revert = 1)
      AND NOT EXISTS (SELECT 1 FROM student_changes AS later
        WHERE ${ofStudent("later")} AND ${isFirstOfUpload("later")})`,
];
