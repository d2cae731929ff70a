/** Who left and who returned with an upload is history, and can be put back. School plane. */
export const statements: string[] = [
  // Since when the student was inactive before the change, and after it; NULL: active. Where both are
  // the same, the change was not of this.
  "ALTER TABLE student_changes ADD COLUMN inactive_since TEXT",
  "ALTER TABLE student_changes ADD COLUMN new_inactive_since TEXT",
];
