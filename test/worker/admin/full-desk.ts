/** A worker's database as it is after years: what pages and lists cost is seen there only. */
import type { Client, InValue } from "@libsql/client";
import { adminToken, type AppUnderTest } from "../app-under-test.ts";

export interface Sizes {
  schools: number;
  uploads: number;
  students: number;
}

/** Some of what is in it, by which it is asked for. */
export const names = {
  slug: "oak-1",
  username: "u000777@college.edu",
  upload: "upload-000001",
  held: "upload-held",
  export: "export-0001",
  webhook: "webhook-1",
};

/** All of it is of a month: the first page counts it. The school `oak-1` has nearly everything. */
export async function fillDesk({ admin, clock }: AppUnderTest, database: Client, sizes: Sizes) {
  for (let i = 1; i <= sizes.schools; i++) {
    await admin("POST", "/admin/schools", { slug: `oak-${i}`, name: `Oak ${i}` });
  }
  const { rows } = await database.execute("SELECT id FROM schools WHERE slug = 'oak-1'");
  const id = Number(rows[0]!["id"]);
  const [from, now] = [new Date(clock.now - 29 * 86_400_000), new Date(clock.now)]
    .map((date) => date.toISOString());
  const { schools, uploads, students } = sizes;
  const many = (count: number, sql: string, args: Record<string, InValue> = {}) =>
    database.execute({
      sql:
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count) ${sql}`,
      args: { count, ...args },
    });
  /** Evenly over the month, and of every tenth one another school. */
  const at = (count: number) =>
    `strftime('%Y-%m-%dT%H:%M:%fZ', '${from}', '+' || (i * 2500000 / ${count}) || ' seconds')`;
  const whose = `CASE WHEN i % 10 = 0 THEN ${id} + i / 10 % ${schools} ELSE ${id} END`;

  await many(
    students,
    `INSERT INTO students (school_id, username_key, username, student_id, last_name, first_name,
       requirement_group, term)
     SELECT ${whose}, u, u, printf('S%06d', i), 'Lee', 'Ann', 'Nursing', 'Fall'
       FROM (SELECT i, printf('u%06d@college.edu', i) AS u FROM n)`,
  );
  await many(
    uploads,
    `INSERT INTO uploads (id, school_id, name, time_code, state, size, sha256, fingerprint, address,
       client, accepted_at, completed_at)
     SELECT printf('upload-%06d', i), ${whose}, 'roster.csv', '20261122T101530123Z', 'completed', 1000,
       'a', 'SHA256:f', '192.0.2.7', 'WinSCP', ${at(uploads)}, ${at(uploads)} FROM n`,
  );
  await many(
    uploads,
    `INSERT INTO rosters (upload_id, read, added, rejected, problems)
     SELECT printf('upload-%06d', i), 100, 50, i % 3, i % 3 FROM n`,
  );
  await many(
    4 * uploads,
    `INSERT INTO ledger (bridge_id, number, hash, school_id, at, type, upload_id, event)
     SELECT 'bridge', i, 'h', ${whose}, ${at(4 * uploads)},
       CASE i % 4 WHEN 0 THEN 'login' WHEN 1 THEN 'upload' WHEN 2 THEN 'file' ELSE 'refusal' END,
       CASE i % 4 WHEN 1 THEN printf('upload-%06d', i / 4 + 1) END,
       json_object('type', 'file', 'state', CASE i % 8 WHEN 2 THEN 'removed' ELSE 'stored' END,
         'path', '/inbound/' || i, 'at', ${at(4 * uploads)})
     FROM n`,
  );
  await many(
    uploads,
    `INSERT INTO problems (upload_id, line, number, username, column_name, severity, code, message)
     SELECT '${names.upload}', i, 1, 'u', 'Dob', 'error', 'dob_format', 'not written so' FROM n`,
  );
  await many(
    uploads,
    `INSERT INTO occurrences (school_id, kind, subject, once, at, facts)
     SELECT ${whose}, 'upload.completed', printf('upload-%06d', i), i, ${at(uploads)}, '{}' FROM n`,
  );
  // Every third day for years.
  await many(
    200,
    `INSERT INTO student_changes (school_id, username_key, upload_id, part, at, first_name)
     SELECT ${id}, '${names.username}', printf('upload-%06d', i), 1, ${at(uploads)}, 'An' FROM n`,
  );
  await many(
    students,
    `INSERT INTO verifications (school_id, username_key, verified_at, reviewer, recorded_at)
     SELECT ${whose}, printf('u%06d@college.edu', i), ${at(students)}, 'ruth', ${at(students)}
     FROM n WHERE i % 2 = 0`,
  );
  await many(
    uploads,
    `INSERT INTO files (school_id, path, state, size, at)
     SELECT ${whose}, '/inbound/' || i, 'stored', 1, ${at(uploads)} FROM n`,
  );
  await many(
    uploads,
    `INSERT INTO refused_logins (bridge_id, number, at, since, count, reason, address, client)
     SELECT 'bridge', i, ${at(uploads)}, ${at(uploads)}, 1, 'unknown', '192.0.2.9', 'x' FROM n`,
  );
  await many(
    uploads,
    `INSERT INTO audit (at, school_id, actor, action, detail)
     SELECT ${at(uploads)}, ${whose}, 'token sync', 'placements.replaced', '{}' FROM n`,
  );
  await many(
    uploads / 10,
    `INSERT INTO exports (school_id, due_at, id, name, students, created_at, made_at, delivered_at,
       downloaded_at)
     SELECT ${whose}, i, printf('export-%04d', i), 'verified.csv', 1, ${at(uploads / 10)}, '', ${
      at(uploads / 10)
    }, '' FROM n`,
  );
  await many(
    uploads,
    `INSERT INTO mails (id, contact_id, school_id, is_digest, state, created_at)
     SELECT 'mail-' || i, 'contact', ${whose}, 0, 'delivered', ${at(uploads)} FROM n`,
  );
  await many(
    1_000,
    `INSERT INTO placements (school_id, requirement_group, term)
     SELECT ${id}, printf('Group %04d', i), 'Fall' FROM n`,
  );
  await database.batch([
    {
      sql: `INSERT INTO webhooks (id, url, description, state, secret, created_at)
            VALUES (?, 'https://hooks.example', '', 'active', 's', ?)`,
      args: [names.webhook, now!],
    },
    {
      sql:
        `INSERT INTO uploads SELECT ?, school_id, lane, name, time_code, 'held', 'check', next_offset,
              'removals', size, sha256, fingerprint, address, client, ?, NULL, NULL
            FROM uploads WHERE id = ?`,
      args: [names.held, now!, names.upload],
    },
    { sql: "INSERT INTO rosters (upload_id, read) VALUES (?, 1)", args: [names.held] },
  ], "write");
  await many(
    uploads,
    `INSERT INTO webhook_deliveries (id, webhook_id, school_id, message_id, kind, body, state,
       created_at, give_up_at)
     SELECT 'delivery-' || i, '${names.webhook}', ${whose}, 'm', 'upload.completed', '{}', 'delivered',
       ${at(uploads)}, '' FROM n`,
  );
}

/** The addresses of what is looked at: each page of the console and each list of the routes. */
export function addresses({ app }: AppUnderTest): string[] {
  const found = app.routes
    .filter(({ method, path }) =>
      method === "GET" && /^\/(admin|console)\b/.test(path) && !/\*|\/$|\.(css|js|svg)$/.test(path)
    )
    .map(({ path }) => path);
  const asked = [...new Set(found)].filter((path) => !whole.includes(path)).map((path) =>
    path.replace(":slug", names.slug)
      .replace(/:username(\{[^}]*\})?/, names.username)
      .replace(/(exports)\/:id/, `$1/${names.export}`)
      .replace(/(webhooks|messages)\/:id/, `$1/${names.webhook}`)
      .replace(":file", "winscp.ini")
      .replace(/:id/, names.upload)
  );
  return [...asked, ...further];
}

/** What answers with all of something, by its name. */
const whole = [
  "/admin/audit/verify",
  "/console/ledger/verify",
  "/admin/uploads/:id/report",
  "/admin/uploads/:id/rejected.csv",
  "/admin/exports/:id/file",
];

const oak = names.slug;
const further = [
  "/console/uploads?state=held",
  "/console/uploads?state=completed",
  `/console/uploads?school=${oak}`,
  `/console/uploads?school=${oak}&state=held`,
  `/console/uploads/${names.held}`,
  `/console/schools/${oak}/students?q=u000777`,
  `/console/ledger?school=${oak}`,
  "/console/ledger?action=school.created",
  "/console/ledger?who=admin",
  `/admin/schools/${oak}/students?q=lee`,
  `/admin/schools/${oak}/verifications?state=waiting`,
  `/admin/uploads?school=${oak}&state=held`,
  "/console/ledger?who=SHA256:f",
  "/console/ledger?who=192.0.2.7",
  "/admin/refused-logins?slug=oak-1",
  "/admin/refused-logins?address=192.0.2.1",
];

/** The headers and the body that were answered, to their end. */
export async function answered({ app }: AppUnderTest, address: string, cookie?: string) {
  const headers: Record<string, string> = cookie ? { cookie } : {};
  if (!cookie) headers["authorization"] = `Bearer ${adminToken}`;
  const answer = await app.fetch(new Request(`http://worker.test${address}`, { headers }));
  return { status: answer.status, text: await answer.text() };
}

/** Of somebody who is signed in to the console. */
export async function cookieOf({ app }: AppUnderTest): Promise<string> {
  const body = new URLSearchParams({ token: adminToken });
  const headers = { origin: "http://worker.test" };
  const answer = await app.fetch(
    new Request("http://worker.test/console/sign-in", { method: "POST", body, headers }),
  );
  return answer.headers.get("set-cookie")!.split(";")[0]!;
}
