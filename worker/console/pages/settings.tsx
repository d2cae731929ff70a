/** @jsxImportSource hono/jsx */
/** A school's settings, in plain words with examples. */
import { type Context, Hono } from "hono";
import type { School } from "../answers.ts";
import type { Problem } from "../ask.ts";
import { type Desk, done, saidOf, schoolPath, schoolRoute, typed } from "../desk.ts";
import { Area, Check, Choose, Field, Form, Refused, type Typed } from "../parts/form.tsx";
import type { Reader } from "../parts/page.tsx";
import { Card, Note } from "../parts/show.tsx";
import { readSettings, writeSettings } from "./settings-text.ts";
import { SchoolPage } from "./school-frame.tsx";

export function settingsPage(desk: Desk): Hono {
  const routes = new Hono();

  async function render(c: Context, sent?: Typed, problem?: Problem) {
    const slug = c.req.param("slug")!;
    const school = await desk.ask(c).get<School>(schoolRoute(slug));
    const reader = desk.reader(c);
    const values = sent ?? writeSettings(school);
    return c.html(
      <SchoolPage school={school} reader={reader} tab="/settings" title="Settings" said={saidOf(c)}>
        {problem && <Refused problem={problem} />}
        {school.note && <Note tone="warn">{school.note}</Note>}
        <SettingsForm school={school} reader={reader} values={values} problem={problem} />
      </SchoolPage>,
      problem ? 400 : 200,
    );
  }

  routes.get("/schools/:slug/settings", (c) => render(c));
  routes.post("/schools/:slug/settings", async (c) => {
    const slug = c.req.param("slug");
    const values = await typed(c);
    const read = readSettings(values);
    if ("problem" in read) return await render(c, values, read.problem);
    const answer = await desk.ask(c).send("PATCH", schoolRoute(slug), read.body);
    if ("problem" in answer) return await render(c, values, answer.problem);
    return done(c, schoolPath(slug, "/settings"), "saved");
  });

  return routes;
}

function SettingsForm({ school, reader, values, problem }: {
  school: School;
  reader: Reader;
  values: Typed;
  problem: Problem | undefined;
}) {
  const of = (name: string, field = name) => ({ name, value: values[name], problem, field });
  return (
    <Form reader={reader} action={schoolPath(school.slug, "/settings")}>
      <Card title="Its name">
        <Field {...of("name")} label="Name" required />
      </Card>
      <Card title="What a roster looks like">
        <Choose
          {...of("username")}
          label="A Username is"
          options={[["email", "an e-mail address"], ["any", "any text"]]}
        />
        <Field
          {...of("emailDomains")}
          label="E-mail addresses end in"
          hint="Domains with commas between; empty: any. Such as college.edu, students.college.edu"
        />
        <Field
          {...of("studentIdPattern")}
          label="A StudentId looks like"
          hint="A regular expression; empty: letters and digits. Such as S-[0-9]{6}"
        />
        <Field
          {...of("country")}
          label="Telephone numbers are of"
          hint="A country's two letters, such as US; numbers with a country code are always understood."
        />
        <Choose
          {...of("onCampusRequired")}
          label="OnCampus is"
          options={[["true", "required"], ["false", "optional"]]}
        />
        <Choose
          {...of("columns")}
          label="Columns are found"
          options={[
            ["position", "by position: the nine in their order"],
            ["header", "by their names, in any order; others are ignored"],
          ]}
        />
        <Area
          {...of("columnNames")}
          label="The school's own names for columns"
          hint="For columns found by their names, beside the well-known ones. One a line, such as Username: Net ID, Login"
        />
        <Field
          {...of("rowLimit")}
          label="Most rows of one file"
          hint="What is after them is not processed, and the report says so."
          type="number"
        />
      </Card>
      <Card title="Before a roster changes anything">
        <Choose
          {...of("mode")}
          label="A file is"
          options={[
            ["update", "an update: students it does not name stay as they are"],
            ["snapshot", "the whole truth: students it does not name become inactive"],
          ]}
        />
        <Choose
          {...of("dryRun")}
          label="Files are"
          options={[["false", "applied"], ["true", "only checked; nothing is applied"]]}
        />
        <fieldset>
          <legend>Hold a file when</legend>
          <p class="quiet small">
            Recommended, as Clever does: more than 75 % changed, or more than 10 % removed. Empty:
            no limit.
          </p>
          <Field
            {...of("changedPercent")}
            label="more than … % of active students would change"
            type="number"
          />
          <Field
            {...of("removedPercent")}
            label="more than … % of active students would be removed"
            type="number"
          />
          <Field
            {...of("rejectedPercent")}
            label="more than … % of its rows are rejected"
            type="number"
          />
          <Check
            name="headerOutOfOrder"
            label="its header names the columns in another order"
            checked={values["headerOutOfOrder"] === "yes"}
          />
          <Field
            {...of("fewerRowsPercent")}
            label="it has … % fewer rows than the last one applied"
            type="number"
          />
        </fieldset>
        <Area
          {...of("pauses")}
          label="Pauses"
          hint={
            <>
              One a line: from, to, and <code>hold</code>{" "}
              (everything is held, at the end the newest goes on) or <code>additions</code>{" "}
              (only new students are applied). Such as 2027-06-15 2027-08-10 hold
            </>
          }
        />
        <Field
          {...of("timezone")}
          label="The school's time zone"
          hint="For the dates of pauses. Such as America/New_York"
        />
      </Card>
      <Card title="What is expected">
        <Field
          {...of("expectWhen", "expectEvery")}
          label="A roster is expected"
          hint="In words, such as every weekday at 6 pm; empty: no time. Who is silent then is told of once."
        />
        <Field
          {...of("expectZone", "expectEvery")}
          label="on the clock of"
          hint="Such as America/New_York"
        />
        <Field
          {...of("notDownloadedAfterDays")}
          label="Tell when an export is not fetched for so many days"
          hint="0: never"
          type="number"
        />
        <Choose
          {...of("emptyExports")}
          label="An export with nothing new"
          options={[["header", "is a file with the header only"], ["skip", "is not made"]]}
        />
      </Card>
      <Card title="From where it may come">
        <Area
          {...of("allowedAddresses")}
          label="Addresses"
          hint="One a line, such as 203.0.113.0/24 or 2001:db8::/48; empty: from anywhere."
        />
      </Card>
      {reader.role === "admin" && <button type="submit">Save</button>}
    </Form>
  );
}
