/** @jsxImportSource hono/jsx */
/** Whom of a school what is told by mail, and which mails went out. */
import { type Context, Hono } from "hono";
import { type Want, wants } from "../../events/wants.ts";
import type { Contact, Mail, School } from "../answers.ts";
import type { Problem } from "../ask.ts";
import { type Desk, done, saidOf, schoolPath, schoolRoute, typed } from "../desk.ts";
import { Check, Field, Form, type Typed } from "../parts/form.tsx";
import type { Reader } from "../parts/page.tsx";
import { Badge, Card, List, Note, Time } from "../parts/show.tsx";
import { SchoolPage } from "./school-frame.tsx";

export function contactsPage(desk: Desk): Hono {
  const routes = new Hono();

  async function render(c: Context, values: Typed = {}, problem?: Problem) {
    const ask = desk.ask(c);
    const slug = c.req.param("slug")!;
    const [school, contacts, mails] = await Promise.all([
      ask.get<School>(schoolRoute(slug)),
      ask.list<Contact>(schoolRoute(slug, "/contacts"), { limit: 100 }),
      ask.list<Mail>(schoolRoute(slug, "/mails"), { limit: 20 }),
    ]);
    const reader = desk.reader(c);
    const note = contacts.items.find(({ note }) => note)?.note;
    return c.html(
      <SchoolPage school={school} reader={reader} tab="/contacts" title="Contacts" said={saidOf(c)}>
        {note && <Note tone="warn">{note}</Note>}
        <Card title="Contacts">
          <List
            label="Contacts"
            items={contacts.items}
            columns={[
              ["Who", (it) => it.name || "–"],
              ["Address", (it) => it.email],
              [
                "Wants to know",
                (it) => it.wants.map((want) => want.replaceAll("_", " ")).join(", "),
                "say",
              ],
              [
                "When",
                (it) => it.digestAt ? `once a day at ${it.digestAt} (${it.timezone})` : "at once",
              ],
              [
                "",
                (it) =>
                  reader.role === "admin" && <Decide slug={slug} contact={it} reader={reader} />,
              ],
            ]}
            nothing={<p>Nobody is told by mail yet.</p>}
          />
        </Card>
        {reader.role === "admin" && (
          <Card title="Add a contact">
            <ContactForm
              action={schoolPath(slug, "/contacts")}
              reader={reader}
              values={values}
              problem={problem}
              button="Add"
            />
          </Card>
        )}
        <Card
          title="Mails"
          says="Never a student's values: counts, codes, line numbers and a link."
        >
          <List
            label="Mails"
            items={mails.items}
            columns={[
              ["To", (it) => it.address ?? "–"],
              ["Subject", (it) => it.subject ?? "–", "say"],
              ["State", (it) => <Badge state={it.state} />],
              ["Made", (it) => <Time at={it.createdAt} />],
              ["The mail server said", (it) => it.answer ?? "", "later"],
            ]}
            nothing={<p>No mail went out yet.</p>}
          />
        </Card>
      </SchoolPage>,
      problem ? 400 : 200,
    );
  }

  routes.get("/schools/:slug/contacts", (c) => render(c));

  routes.post("/schools/:slug/contacts", async (c) => {
    const slug = c.req.param("slug");
    const values = await typed(c);
    const answer = await desk.ask(c).send(
      "POST",
      schoolRoute(slug, "/contacts"),
      contactOf(values),
    );
    if ("problem" in answer) return await render(c, values, answer.problem);
    return done(c, schoolPath(slug, "/contacts"), "saved");
  });

  routes.post("/schools/:slug/contacts/remove", async (c) => {
    const slug = c.req.param("slug");
    const { id = "" } = await typed(c);
    const answer = await desk.ask(c).send("DELETE", contactRoute(slug, id));
    if ("problem" in answer) return await render(c, {}, answer.problem);
    return done(c, schoolPath(slug, "/contacts"), "removed");
  });

  async function renderOne(c: Context, values?: Typed, problem?: Problem) {
    const ask = desk.ask(c);
    const [slug, id] = [c.req.param("slug")!, c.req.param("id")!];
    const [school, contact] = await Promise.all([
      ask.get<School>(schoolRoute(slug)),
      ask.get<Contact>(contactRoute(slug, id)),
    ]);
    const reader = desk.reader(c);
    return c.html(
      <SchoolPage school={school} reader={reader} tab="/contacts" title="Contacts">
        <Card title={contact.email}>
          {reader.role === "admin"
            ? (
              <ContactForm
                action={contactPath(slug, id)}
                reader={reader}
                values={values ?? typedOf(contact)}
                problem={problem}
                button="Save"
              />
            )
            : <p>Contacts are changed by an administrator.</p>}
        </Card>
      </SchoolPage>,
      problem ? 400 : 200,
    );
  }

  routes.get("/schools/:slug/contacts/:id", (c) => renderOne(c));

  routes.post("/schools/:slug/contacts/:id", async (c) => {
    const { slug, id } = c.req.param();
    const values = await typed(c);
    const answer = await desk.ask(c).send("PATCH", contactRoute(slug, id), contactOf(values));
    if ("problem" in answer) return await renderOne(c, values, answer.problem);
    return done(c, schoolPath(slug, "/contacts"), "saved");
  });

  return routes;
}

function Decide({ slug, contact: { id, email }, reader }: {
  slug: string;
  contact: Contact;
  reader: Reader;
}) {
  return (
    <div class="actions">
      <a href={contactPath(slug, id)} aria-label={`Change ${email}`}>Change</a>
      <Form reader={reader} action={schoolPath(slug, "/contacts/remove")}>
        <input type="hidden" name="id" value={id} />
        <button class="danger" type="submit" aria-label={`Remove ${email}`}>Remove</button>
      </Form>
    </div>
  );
}

function contactPath(slug: string, id: string): string {
  return schoolPath(slug, `/contacts/${encodeURIComponent(id)}`);
}

function contactRoute(slug: string, id: string): string {
  return schoolRoute(slug, `/contacts/${encodeURIComponent(id)}`);
}

interface ContactFormProps {
  action: string;
  reader: Reader;
  values: Typed;
  problem?: Problem | undefined;
  button: string;
}

function ContactForm({ action, reader, values, problem, button }: ContactFormProps) {
  const wanted = (values["wants"] ?? "held,rejected,problems,silent").split(",");
  return (
    <Form reader={reader} action={action} problem={problem}>
      <Field
        name="email"
        label="Address"
        type="email"
        value={values["email"]}
        problem={problem}
        required
      />
      <Field name="name" label="Name" value={values["name"]} problem={problem} />
      <fieldset>
        <legend>Is told when</legend>
        {(Object.keys(wants) as Want[]).map((want) => (
          <Check
            name="wants"
            id={`wants-${want}`}
            value={want}
            label={wants[want]}
            checked={wanted.includes(want)}
          />
        ))}
      </fieldset>
      <Field
        name="digestAt"
        label="Once a day at"
        type="time"
        hint="Empty: at once, a mail for each."
        value={values["digestAt"]}
        problem={problem}
      />
      <Field
        name="timezone"
        label="on the clock of"
        hint="Such as America/New_York"
        value={values["timezone"]}
        problem={problem}
      />
      <button type="submit">{button}</button>
    </Form>
  );
}

/** A contact as its form has it. */
function typedOf({ email, name, wants, digestAt, timezone }: Contact): Typed {
  return {
    email,
    name,
    wants: wants.join(","),
    digestAt: digestAt ?? "",
    timezone: timezone ?? "",
  };
}

function contactOf({ email, name = "", wants = "", digestAt, timezone }: Typed) {
  return {
    email,
    name,
    wants: wants.split(",").filter((want) => want !== ""),
    digestAt: digestAt || null,
    timezone: timezone || null,
  };
}
