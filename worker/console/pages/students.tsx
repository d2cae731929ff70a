/** @jsxImportSource hono/jsx */
/**
 * A school's students. What is searched for, and whom a page is about, is sent in the body: no value
 * of a student stands in an address, where logs and histories would keep it.
 */
import { type Context, Hono } from "hono";
import type { HistoryEntry, School, Student } from "../answers.ts";
import type { Page as Listed, Problem } from "../ask.ts";
import { type Desk, schoolPath, schoolRoute, typed } from "../desk.ts";
import { Area, Choose, Field, Form, Refused, type Typed } from "../parts/form.tsx";
import type { Reader } from "../parts/page.tsx";
import { Badge, Card, Changes, type Column, Facts, List, Note, Time } from "../parts/show.tsx";
import { SchoolPage } from "./school-frame.tsx";

const statuses: [string, string][] = [["", "any"], ["active", "active"], ["inactive", "inactive"]];
const verifications: [string, string][] = [["", "any"], ["true", "verified"], ["false", "waiting"]];
/** What a list of students is narrowed by. */
const filters = ["q", "status", "verified"];

export function studentsPage(desk: Desk): Hono {
  const routes = new Hono();

  async function render(
    c: Context,
    { values = {}, said, problem }: { values?: Typed; said?: string; problem?: Problem } = {},
  ) {
    const ask = desk.ask(c);
    const slug = c.req.param("slug")!;
    const { q, status, verified, cursor } = values;
    const [school, students] = await Promise.all([
      ask.get<School>(schoolRoute(slug)),
      ask.list<Student>(schoolRoute(slug, "/students"), { q, status, verified, cursor, limit: 50 }),
    ]);
    const reader = desk.reader(c);
    return c.html(
      <SchoolPage school={school} reader={reader} tab="/students" title="Students" said={said}>
        {problem && <Refused problem={problem} />}
        <Form reader={reader} action={schoolPath(slug, "/students")} line>
          <Field
            name="q"
            label="Search"
            hint="A name, Username or StudentId"
            value={q}
            type="search"
          />
          <Choose name="status" label="Status" value={status} options={statuses} />
          <Choose name="verified" label="Verified" value={verified} options={verifications} />
          <button type="submit">Search</button>
        </Form>
        <Card>
          <List
            label="Students"
            items={students.items}
            columns={columns(slug, reader)}
            nothing={
              <p>
                {filters.some((name) => values[name])
                  ? "No student was found."
                  : "No roster brought a student yet."}
              </p>
            }
          />
          <Next slug={slug} reader={reader} students={students} values={values} />
        </Card>
        {reader.role !== "viewer" && <Verify slug={slug} reader={reader} />}
      </SchoolPage>,
      problem ? 400 : 200,
    );
  }

  routes.get("/schools/:slug/students", (c) => render(c));
  routes.post("/schools/:slug/students", async (c) => render(c, { values: await typed(c) }));

  routes.post("/schools/:slug/students/one", async (c) => {
    const slug = c.req.param("slug");
    const { username = "" } = await typed(c);
    return await renderOne(c, slug, username);
  });

  async function renderOne(c: Context, slug: string, username: string, problem?: Problem) {
    const ask = desk.ask(c);
    const path = schoolRoute(slug, `/students/${encodeURIComponent(username)}`);
    const [school, student, history] = await Promise.all([
      ask.get<School>(schoolRoute(slug)),
      ask.get<Student>(path),
      ask.find<Listed<HistoryEntry>>(`${path}/history`),
    ]);
    return c.html(
      <StudentPage
        school={school}
        reader={desk.reader(c)}
        student={student}
        history={history?.items}
        problem={problem}
      />,
    );
  }

  routes.post("/schools/:slug/verifications", async (c) => {
    const slug = c.req.param("slug");
    const { usernames = "" } = await typed(c);
    const body = { usernames: usernames.split(/[\r\n,;]+/).map((it) => it.trim()).filter(Boolean) };
    const answer = await desk.ask(c).send<
      Record<"verified" | "alreadyVerified" | "unknown", string[]>
    >(
      "POST",
      schoolRoute(slug, "/verifications"),
      body,
    );
    if ("problem" in answer) return await render(c, { problem: answer.problem });
    const { verified, alreadyVerified, unknown } = answer.body;
    const said = `${verified.length} verified, ${alreadyVerified.length} were already` +
      (unknown.length > 0 ? `, unknown: ${unknown.join(", ")}` : "");
    return await render(c, { said });
  });

  routes.post("/schools/:slug/verifications/withdraw", async (c) => {
    const slug = c.req.param("slug");
    const { username = "" } = await typed(c);
    const path = schoolRoute(slug, `/verifications/${encodeURIComponent(username)}`);
    const answer = await desk.ask(c).send("DELETE", path);
    return await renderOne(c, slug, username, "problem" in answer ? answer.problem : undefined);
  });

  return routes;
}

function columns(slug: string, reader: Reader): Column<Student>[] {
  return [
    ["Username", (it) => it.username],
    ["StudentId", (it) => it.studentId ?? "–"],
    ["Last name", (it) => it.lastName ?? "–"],
    ["First name", (it) => it.firstName ?? "–"],
    [
      "Placement",
      (it) => it.requirementGroup ? `${it.requirementGroup}, ${it.term}` : "–",
      "later",
    ],
    ["Status", (it) => <Badge state={it.status ?? "active"} />],
    ["Verified", (it) => <Time at={it.verifiedAt} />],
    ["", (it) => (
      <Form reader={reader} action={schoolPath(slug, "/students/one")}>
        <input type="hidden" name="username" value={it.username} />
        <button class="second" type="submit" aria-label={`Look at ${it.username}`}>Look</button>
      </Form>
    )],
  ];
}

function Next({ slug, reader, students, values }: {
  slug: string;
  reader: Reader;
  students: Listed<Student>;
  values: Typed;
}) {
  if (students.next === undefined) return null;
  return (
    <Form reader={reader} action={schoolPath(slug, "/students")}>
      {filters.map((name) => <input type="hidden" name={name} value={values[name] ?? ""} />)}
      <input type="hidden" name="cursor" value={students.next} />
      <button class="second" type="submit">Show more</button>
    </Form>
  );
}

function Verify({ slug, reader }: { slug: string; reader: Reader }) {
  return (
    <Card title="Mark students verified" says="They stand in the school's next export.">
      <Form reader={reader} action={schoolPath(slug, "/verifications")}>
        <Area name="usernames" label="Usernames" hint="One a line, or with commas between." />
        <button type="submit">Mark them verified</button>
      </Form>
    </Card>
  );
}

function StudentPage({ school, reader, student, history, problem }: {
  school: School;
  reader: Reader;
  student: Student;
  history: HistoryEntry[] | undefined;
  problem: Problem | undefined;
}) {
  const { slug } = school;
  const of = (below: string) => schoolPath(slug, below);
  const named = <input type="hidden" name="username" value={student.username} />;
  return (
    <SchoolPage school={school} reader={reader} tab="/students" title="A student">
      {problem && <Note tone="bad" title="That was not done.">{problem.detail}</Note>}
      <Card title={student.username}>
        <Facts
          of={[
            ["StudentId", student.studentId ?? "–"],
            ["Last name", student.lastName ?? "–"],
            ["First name", student.firstName ?? "–"],
            ["Telephone", student.telephone ?? "–"],
            ["Date of birth", student.dob ?? "–"],
            ["RequirementGroup", student.requirementGroup ?? "–"],
            ["Term", student.term ?? "–"],
            ["On campus", student.onCampus === null ? "–" : student.onCampus ? "yes" : "no"],
            ["Status", <Badge state={student.status ?? "active"} />],
            ["Verified", <Time at={student.verifiedAt} />],
          ]}
        />
        {reader.role !== "viewer" && (
          student.verifiedAt
            ? (
              <Form reader={reader} action={of("/verifications/withdraw")}>
                {named}
                <p>What was already exported stays in the file that the school has.</p>
                <button class="danger" type="submit">Withdraw the verification</button>
              </Form>
            )
            : (
              <Form reader={reader} action={of("/verifications")}>
                <input type="hidden" name="usernames" value={student.username} />
                <button type="submit">Mark verified</button>
              </Form>
            )
        )}
      </Card>
      <Card title="History">
        <List
          label="History"
          items={history ?? []}
          columns={[
            ["When", (it) => <Time at={it.at} />],
            ["What", (it) => it.kind.replaceAll("_", " ")],
            ["Changes", (it) => <Changes of={it.changes} />, "say"],
            ["By", (it) => (
              <>
                {it.by}
                {it.upload && <a href={`/console/uploads/${it.upload.id}`}>{it.upload.name}</a>}
              </>
            )],
          ]}
          nothing={<p>Nothing is known of what changed.</p>}
        />
      </Card>
    </SchoolPage>
  );
}
