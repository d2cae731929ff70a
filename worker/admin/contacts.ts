/** A school's contacts, and the mails that they were sent (SPEC section 10). */
import { Hono } from "hono";
import * as v from "valibot";
import { oneLine, strictObject } from "../given.ts";
import type { WorkerContext } from "../context.ts";
import {
  addContact,
  changeContact,
  type Contact,
  contactById,
  deleteContact,
  listContacts,
} from "../database/control/contacts.ts";
import type { School } from "../database/control/schools.ts";
import { type Want, wants } from "../events/wants.ts";
import { zoneTrouble } from "../zones.ts";
import { readZone } from "../export/zone.ts";
import { readJson } from "../http/body.ts";
import { describes, pageOf } from "../http/describe.ts";
import { needs } from "./needs.ts";
import { HttpProblem } from "../http/problem.ts";
import { author } from "./author.ts";
import { findSchool } from "./find-school.ts";
import { PAGE, readPage, writePage } from "./page.ts";
import { Contact as ContactShape } from "./shapes/told.ts";

const wantNames = Object.keys(wants) as Want[];

const Email = v.pipe(
  v.string(),
  v.trim(),
  v.maxLength(254),
  v.email("an e-mail address, such as registrar@college.edu"),
);
const Name = v.pipe(oneLine(), v.maxLength(200));
const Wants = v.pipe(
  v.array(v.picklist(wantNames, `a contact can want ${wantNames.join(", ")}`)),
  v.minLength(1, `at least one of ${wantNames.join(", ")}`),
);
/** `null`: a mail for each thing, at once. */
const DigestAt = v.nullable(
  v.pipe(v.string(), v.regex(/^([01]\d|2[0-3]):[0-5]\d$/, "a time of the day such as 07:00")),
);

const NewContact = strictObject({
  email: Email,
  name: v.optional(Name, ""),
  wants: Wants,
  digestAt: v.optional(DigestAt, null),
  timezone: v.optional(v.nullable(v.string()), null),
});

const Change = strictObject({
  email: v.optional(Email),
  name: v.optional(Name),
  wants: v.optional(Wants),
  digestAt: v.optional(DigestAt),
  timezone: v.optional(v.nullable(v.string())),
});

export function contactRoutes(context: WorkerContext): Hono {
  const { database, now, randomId } = context;
  const routes = new Hono();

  routes.post(
    "/schools/:slug/contacts",
    needs("admin"),
    describes({
      summary: "Adds a contact, who is told by mail what happens",
      body: NewContact,
      answers: { 201: ContactShape },
      refuses: { 409: ["contact_exists"] },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const given = await readJson(c, NewContact);
      const by = author(c, now());
      const contact = { ...given, id: randomId(), schoolId: school.id, createdAt: by.at };
      const checked = checkZone(contact);
      if (!await addContact(database, checked, by)) throw contactExists(school, checked);
      return c.json(answer(checked), 201, {
        location: `/admin/schools/${school.slug}/contacts/${checked.id}`,
      });
    },
  );

  routes.get(
    "/schools/:slug/contacts",
    needs("viewer"),
    describes({
      summary: "Lists a school's contacts, in the order of their addresses",
      query: PAGE,
      answers: { 200: pageOf(ContactShape) },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const page = readPage(c, v.tuple([v.string()]));
      const contacts = await listContacts(database, school.id, page);
      return c.json(writePage(contacts, page, ({ email }) => [email], answer));
    },
  );

  routes.get(
    "/schools/:slug/contacts/:id",
    needs("viewer"),
    describes({
      summary: "Shows a contact",
      answers: { 200: ContactShape },
      refuses: { 404: ["school_unknown", "contact_unknown"] },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      return c.json(answer(await findContact(school, c.req.param("id"))));
    },
  );

  routes.patch(
    "/schools/:slug/contacts/:id",
    needs("admin"),
    describes({
      summary: "Changes a contact",
      body: Change,
      answers: { 200: ContactShape },
      refuses: { 404: ["school_unknown", "contact_unknown"], 409: ["contact_exists"] },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const contact = await findContact(school, c.req.param("id"));
      const change = { ...contact, ...await readJson(c, Change) };
      // One that was taken before stays, though this runtime does not know it.
      const isKept = change.timezone !== null && change.timezone === contact.timezone;
      const changed = isKept ? change : checkZone(change);
      if (!await changeContact(database, changed, author(c, now()))) {
        throw contactExists(school, changed);
      }
      return c.json(answer(changed));
    },
  );

  routes.delete(
    "/schools/:slug/contacts/:id",
    needs("admin"),
    describes({
      summary: "Forgets a contact and the mails to it",
      answers: { 204: null },
      refuses: { 404: ["school_unknown", "contact_unknown"] },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const contact = await findContact(school, c.req.param("id"));
      await deleteContact(database, contact, author(c, now()));
      return c.body(null, 204);
    },
  );

  async function findContact(school: School, id: string): Promise<Contact> {
    const contact = await contactById(database, school.id, id);
    if (contact) return contact;
    throw new HttpProblem(
      404,
      "contact_unknown",
      `${school.slug} has no contact ${id}. GET /admin/schools/${school.slug}/contacts lists them.`,
    );
  }

  function answer({ schoolId: _, ...contact }: Contact) {
    const note = context.hasMail
      ? zoneTrouble(contact.timezone)
      : "no mail goes out: SMTP_URL is not set";
    return { ...contact, ...(note ? { note } : {}) };
  }

  return routes;
}

/** A time of the day means nothing without the clock it is read from, and that is not guessed. */
function checkZone(contact: Contact): Contact {
  const { digestAt, timezone } = contact;
  if (timezone === null) {
    if (digestAt === null) return contact;
    throw new HttpProblem(
      400,
      "timezone",
      `digestAt is ${digestAt}, on whose clock? Write a timezone too, such as America/New_York.`,
    );
  }
  const zone = readZone(timezone);
  if ("name" in zone) return { ...contact, timezone: zone.name };
  throw new HttpProblem(400, "timezone", zone.message, { examples: zone.examples });
}

function contactExists(school: School, { email }: Contact): HttpProblem {
  return new HttpProblem(
    409,
    "contact_exists",
    `${school.slug} has a contact ${email} already; nothing was changed.`,
  );
}
