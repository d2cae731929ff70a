/** @jsxImportSource hono/jsx */
/** The RequirementGroup and Term pairs that a school has. */
import { type Context, Hono } from "hono";
import type { Placement, School } from "../answers.ts";
import type { Problem } from "../ask.ts";
import { type Desk, done, saidOf, schoolPath, schoolRoute, typed } from "../desk.ts";
import { Area, Form } from "../parts/form.tsx";
import { Card } from "../parts/show.tsx";
import { SchoolPage } from "./school-frame.tsx";

export function placementsPage(desk: Desk): Hono {
  const routes = new Hono();

  async function render(c: Context, sent?: string, problem?: Problem) {
    const ask = desk.ask(c);
    const slug = c.req.param("slug")!;
    const [school, placements] = await Promise.all([
      ask.get<School>(schoolRoute(slug)),
      ask.all<Placement>(schoolRoute(slug, "/placements")),
    ]);
    const reader = desk.reader(c);
    const text = placements.map(({ requirementGroup, term }) => `${requirementGroup} | ${term}`);
    return c.html(
      <SchoolPage
        school={school}
        reader={reader}
        tab="/placements"
        title="Placements"
        said={saidOf(c)}
      >
        <Card
          title="Placements"
          says="A school with a list has rows of other pairs rejected; one without takes any pair."
        >
          <Form reader={reader} action={schoolPath(slug, "/placements")} problem={problem}>
            <Area
              name="pairs"
              label="Pairs"
              hint="One a line: RequirementGroup | Term, such as Nursing | Fall 2026"
              value={sent ?? text.join("\n")}
              problem={problem}
            />
            {reader.role === "admin" && <button type="submit">Save</button>}
          </Form>
        </Card>
      </SchoolPage>,
      problem ? 400 : 200,
    );
  }

  routes.get("/schools/:slug/placements", (c) => render(c));
  routes.post("/schools/:slug/placements", async (c) => {
    const slug = c.req.param("slug");
    const { pairs = "" } = await typed(c);
    const body = pairs.split(/\r?\n/).filter((line) => line.trim() !== "").map((line) => {
      const at = line.lastIndexOf("|");
      return at < 0
        ? { requirementGroup: line.trim(), term: "" }
        : { requirementGroup: line.slice(0, at).trim(), term: line.slice(at + 1).trim() };
    });
    const answer = await desk.ask(c).send("PUT", schoolRoute(slug, "/placements"), body);
    if ("problem" in answer) return await render(c, pairs, answer.problem);
    return done(c, schoolPath(slug, "/placements"), "saved");
  });

  return routes;
}
