/** Control plane. Whose the lines of the audit trail are after a school is gone. */
export const statements: string[] = [
  `CREATE TABLE former_schools (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL,
    deleted_at TEXT NOT NULL
  )`,
  "CREATE INDEX former_schools_by_slug ON former_schools (slug)",
  `INSERT INTO former_schools (id, slug, deleted_at)
    SELECT school_id, detail ->> '$.slug', at FROM audit
    WHERE action = 'school.deleted' AND school_id IS NOT NULL AND detail ->> '$.slug' IS NOT NULL
    ON CONFLICT (id) DO NOTHING`,
];
