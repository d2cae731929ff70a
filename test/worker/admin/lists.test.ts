import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type AppUnderTest, appUnderTest } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";

eachDatabase("what administrators see of a school", (database) => {
  let app: AppUnderTest;
  let schoolId: number;
  before(async () => {
    app = appUnderTest(database().client);
    await app.admin("POST", "/admin/schools", { slug: "seen", name: "Seen" });
    await app.admin("POST", "/admin/schools", { slug: "empty", name: "Empty" });
    const { rows } = await database().client.execute("SELECT id FROM schools WHERE slug = 'seen'");
    schoolId = Number(rows[0]!["id"]);
  });

  /** Follows `next` to the end of a list, `limit` items at a time. */
  async function wholeList<Item>(path: string, limit: number): Promise<Item[]> {
    const items: Item[] = [];
    let next: string | undefined;
    do {
      const after = next === undefined ? "" : `&cursor=${next}`;
      const { status, body } = await app.admin("GET", `${path}?limit=${limit}${after}`);
      assert.equal(status, 200);
      assert.ok(body.items.length <= limit);
      items.push(...body.items);
      next = body.next;
    } while (next !== undefined);
    return items;
  }

  function insertUpload(id: string, acceptedAt: string, changes: Record<string, unknown> = {}) {
    const row = {
      ...{ id, school_id: schoolId, name: "roster.csv", time_code: "20261122T101530123Z" },
      ...{ state: "completed", size: 1234, sha256: "a".repeat(64), fingerprint: "SHA256:f" },
      ...{ address: "192.0.2.7", client: "WinSCP", accepted_at: acceptedAt },
      ...{ completed_at: null, ...changes },
    };
    return database().client.batch([
      {
        sql: `INSERT INTO uploads (${Object.keys(row).join(", ")})
              VALUES (${Object.keys(row).map(() => "?").join(", ")})`,
        args: Object.values(row) as string[],
      },
      {
        sql: `INSERT INTO rosters (upload_id, read, added, updated, unchanged, rejected, warnings,
                unprocessed) VALUES (?, 1, 2, 3, 4, 5, 6, 7)`,
        args: [id],
      },
    ], "write");
  }

  test("an upload carries school, key fingerprint, client address and client software", async () => {
    const id = crypto.randomUUID();
    await insertUpload(id, "2026-11-22T10:00:00.000Z", {
      completed_at: "2026-11-22T10:00:09.000Z",
    });
    const expected = {
      school: "seen",
      id,
      name: "roster.csv",
      timeCode: "20261122T101530123Z",
      state: "completed",
      size: 1234,
      sha256: "a".repeat(64),
      rows: {
        ...{ read: 1, added: 2, updated: 3, unchanged: 4, rejected: 5 },
        ...{ warnings: 6, unprocessed: 7 },
      },
      sender: { fingerprint: "SHA256:f", address: "192.0.2.7", client: "WinSCP" },
      acceptedAt: "2026-11-22T10:00:00.000Z",
      completedAt: "2026-11-22T10:00:09.000Z",
    };
    assert.deepEqual((await app.admin("GET", `/admin/uploads/${id}`)).body, expected);
    const missing = await app.admin("GET", "/admin/uploads/none");
    assert.equal(missing.status, 404);
    assert.equal(missing.body.code, "upload_unknown");
    await database().client.execute("DELETE FROM uploads");
  });

  test("uploads are listed newest first, those of the same instant too", async () => {
    const times = ["05", "03", "04", "04", "04", "01", "02"];
    for (const [index, time] of times.entries()) {
      await insertUpload(`upload-${index}`, `2026-11-22T10:00:${time}.000Z`);
    }
    const listed = await wholeList<{ id: string }>("/admin/schools/seen/uploads", 2);
    assert.deepEqual(
      listed.map(({ id }) => id),
      [0, 4, 3, 2, 1, 6, 5].map((index) => `upload-${index}`),
    );
    assert.deepEqual(await wholeList("/admin/schools/empty/uploads", 2), []);
  });

  test("an upload's problems are listed in the order of the file", async () => {
    await insertUpload("problems", "2026-11-22T09:00:00.000Z");
    const rows = [[12, 0], [2, 1], [2, 0], [100, 0], [0, 0]];
    for (const [line, number] of rows) {
      await database().client.execute({
        sql:
          "INSERT INTO problems VALUES ('problems', ?, ?, 'ann', 'Dob', 'error', 'dob_format', 'm')",
        args: [line!, number!],
      });
    }
    const listed = await wholeList<{ line: number }>("/admin/uploads/problems/problems", 2);
    assert.deepEqual(listed.map(({ line }) => line), [0, 2, 2, 12, 100]);
    assert.deepEqual(listed[3], {
      ...{ line: 12, username: "ann", column: "Dob", severity: "error", code: "dob_format" },
      message: "m",
    });
    assert.equal((await app.admin("GET", "/admin/uploads/none/problems")).status, 404);
  });

  test("a student is found by Username without letter case", async () => {
    await database().client.batch([
      {
        sql: `INSERT INTO students (school_id, username_key, username, student_id, last_name,
            first_name, telephone, dob, requirement_group, term, on_campus)
          VALUES (?, 'ann@oak.example', 'Ann@Oak.example', 'A1', 'Lee', 'Ann',
          '+12025550123', '2001-02-03', 'Nursing', 'Fall', 1)`,
        args: [schoolId],
      },
      {
        sql:
          `INSERT INTO students (school_id, username_key, username) VALUES (?, 'b/c d', 'B/c d')`,
        args: [schoolId],
      },
    ], "write");
    const ann = {
      username: "Ann@Oak.example",
      ...{ studentId: "A1", lastName: "Lee", firstName: "Ann", telephone: "+12025550123" },
      ...{ dob: "2001-02-03", requirementGroup: "Nursing", term: "Fall", onCampus: true },
      verifiedAt: null,
      verifiedBy: null,
      exportId: null,
      status: "active",
    };
    const students = "/admin/schools/seen/students";
    assert.deepEqual((await app.admin("GET", `${students}/ANN@oak.EXAMPLE`)).body, ann);
    const other = (await app.admin("GET", `${students}/${encodeURIComponent("b/C D")}`)).body;
    assert.deepEqual([other.username, other.onCampus, other.studentId], ["B/c d", null, null]);
    assert.equal((await app.admin("GET", `${students}/nobody`)).body.code, "student_unknown");
    assert.equal(
      (await app.admin("GET", "/admin/schools/empty/students/ann@oak.example")).status,
      404,
    );
    const listed = await wholeList<{ username: string }>(students, 1);
    assert.deepEqual(listed.map(({ username }) => username), ["Ann@Oak.example", "B/c d"]);
  });

  test("files are listed newest first, with a note on those that are not processed", async () => {
    const insert = (path: string, state: string, at: string) => ({
      sql: "INSERT INTO files (school_id, path, state, size, at) VALUES (?, ?, ?, 1, ?)",
      args: [schoolId, path, state, `2026-11-22T10:00:0${at}.000Z`],
    });
    await database().client.batch([
      insert("/inbound/roster.CSV", "complete", "1"),
      insert("/inbound/roster.xlsx", "complete", "2"),
      insert("/inbound/half.csv", "partial", "3"),
      insert("/inbound/roster.csv.20261121T101530123Z.original", "complete", "4"),
      insert("/inbound/roster.csv.20261121T101530123Z.processing", "processing", "5"),
      insert("/inbound/roster.csv.yesterday.original", "complete", "6"),
      insert("/outbound/verified.txt", "complete", "7"),
    ], "write");
    const listed = await wholeList<{ path: string; note?: string }>("/admin/schools/seen/files", 3);
    assert.deepEqual(listed.map(({ path, note }) => [path.split("/").at(-1), note]), [
      ["verified.txt", undefined],
      ["roster.csv.yesterday.original", "not a .csv"],
      ["roster.csv.20261121T101530123Z.processing", undefined],
      ["roster.csv.20261121T101530123Z.original", undefined],
      ["half.csv", "incomplete"],
      ["roster.xlsx", "not a .csv"],
      ["roster.CSV", undefined],
    ]);
    const one = await app.admin("GET", "/admin/schools/seen/files?path=/inbound/half.csv");
    assert.deepEqual(one.body, {
      path: "/inbound/half.csv",
      ...{ state: "partial", size: 1, at: "2026-11-22T10:00:03.000Z", sender: null },
      ...{ downloadedAt: null, note: "incomplete" },
    });
    const none = await app.admin("GET", "/admin/schools/seen/files?path=/inbound/none.csv");
    assert.equal(none.body.code, "file_unknown");
  });

  test("a limit or a cursor that is none is refused", async () => {
    for (
      const query of ["limit=0", "limit=1001", "limit=ten", "limit=-1", "cursor=x", "cursor=WzFd"]
    ) {
      const { status, body } = await app.admin("GET", `/admin/schools/seen/uploads?${query}`);
      assert.equal(status, 400, query);
      assert.match(body.code, /^(limit|cursor)_invalid$/);
    }
  });

  test("no list reads more of a table than its page", async () => {
    const queries = {
      uploads: `SELECT * FROM uploads WHERE school_id = 1 AND (accepted_at, id) < ('2', 'b')
        ORDER BY accepted_at DESC, id DESC LIMIT 3`,
      files: `SELECT * FROM files WHERE school_id = 1 AND (at, path) < ('2', 'b')
        ORDER BY at DESC, path DESC LIMIT 3`,
      problems: `SELECT * FROM problems WHERE upload_id = 'a' AND (line, number) > (1, 1)
        ORDER BY line, number LIMIT 3`,
      students: `SELECT * FROM students WHERE school_id = 1 AND username_key > 'a'
        ORDER BY username_key LIMIT 3`,
    };
    for (const [table, sql] of Object.entries(queries)) {
      const { rows } = await database().client.execute(`EXPLAIN QUERY PLAN ${sql}`);
      const plan = rows.map((row) => row["detail"]).join("; ");
      assert.match(plan, /USING (COVERING )?INDEX/, `${table}: ${plan}`);
      assert.doesNotMatch(plan, /TEMP B-TREE/, `${table}: ${plan}`);
    }
  });
});
