/** @jsxImportSource hono/jsx */
/** The console: pages an administrator looks at, made here, whole without scripts. */
import { type Context, Hono } from "hono";
import { compress } from "hono/compress";
import { HTTPException } from "hono/http-exception";
import type { WorkerContext } from "../context.ts";
import type { FailedTokens } from "../http/failed-tokens.ts";
import { pageHeaders } from "../http/page-headers.ts";
import type { HttpProblem } from "../http/problem.ts";
import type { RequestRate } from "../http/request-rate.ts";
import { type Answerer, Asking } from "./ask.ts";
import type { Desk } from "./desk.ts";
import { door, noSuchPage, signInPage, type Visit } from "./door.tsx";
import { accessPage } from "./pages/access.tsx";
import { contactsPage } from "./pages/contacts.tsx";
import { exportsPage } from "./pages/exports.tsx";
import { filesPage } from "./pages/files.tsx";
import { keysPage } from "./pages/keys.tsx";
import { ledgerPage } from "./pages/ledger.tsx";
import { messagesPage } from "./pages/messages.tsx";
import { overviewPage } from "./pages/overview.tsx";
import { placementsPage } from "./pages/placements.tsx";
import { schoolPage } from "./pages/school.tsx";
import { schoolsPage } from "./pages/schools.tsx";
import { settingsPage } from "./pages/settings.tsx";
import { sheetPage } from "./pages/sheet.tsx";
import { studentsPage } from "./pages/students.tsx";
import { uploadPage } from "./pages/upload.tsx";
import { uploadsPage } from "./pages/uploads.tsx";
import { Document, Page, type Reader } from "./parts/page.tsx";
import { icon } from "./icon.ts";
import { script } from "./script.ts";
import { style } from "./style.ts";

/** What does not change while a worker runs is kept by browsers for so long, in seconds. */
const KEPT_S = 3600;

export function consoleRoutes(
  context: WorkerContext,
  { failed, rate, problem }: {
    failed: FailedTokens;
    rate: RequestRate;
    /** What an error is to who asked; it is logged. */
    problem: (error: Error, c: Context) => HttpProblem;
  },
  answerer: Answerer,
): Hono {
  const routes = new Hono();
  const visits = new WeakMap<Request, Visit>();
  const desk: Desk = {
    ask: (c) => new Asking(answerer, c, visits.get(c.req.raw)!.principal),
    reader: (c) => visits.get(c.req.raw)!.reader,
    now: context.now,
  };

  routes.use(compress());
  routes.use(pageHeaders());

  const serve = (path: string, type: string, text: string) =>
    routes.get(path, (c) =>
      c.body(text, 200, {
        "content-type": `${type}; charset=utf-8`,
        "cache-control": `public, max-age=${KEPT_S}`,
      }));
  serve("/style.css", "text/css", style);
  serve("/script.js", "text/javascript", script);
  serve("/icon.svg", "image/svg+xml", icon);

  routes.route("/", signInPage(context, failed));
  routes.use(door(context, rate, (c, visit) => visits.set(c.req.raw, visit)));

  for (
    const page of [
      overviewPage,
      schoolsPage,
      schoolPage,
      keysPage,
      settingsPage,
      placementsPage,
      contactsPage,
      studentsPage,
      exportsPage,
      filesPage,
      sheetPage,
      uploadsPage,
      uploadPage,
      messagesPage,
      ledgerPage,
      accessPage,
    ]
  ) routes.route("/", page(desk));
  routes.all("*", () => {
    throw noSuchPage();
  });

  routes.onError((error, c) => {
    // Hono's own: a form that came from another site.
    if (error instanceof HTTPException) {
      return refusal(c, error.status, "The form came from another site.");
    }
    const { code, status, detail, headers } = problem(error, c);
    if (code === "sign_in_again") return c.redirect("/console/sign-in", 303);
    const reader = visits.get(c.req.raw)?.reader;
    return refusal(c, status, absent[code] ?? detail, { headers, reader });
  });
  return routes;
}

/** What the routes say to programs, said to a person who followed an old link. */
const absent: Record<string, string> = {
  school_unknown: "There is no such school, or it is not one of yours.",
  upload_unknown: "There is no such upload, or it is not of a school of yours.",
};

/** Not what was asked for, and why. */
function refusal(
  c: Context,
  status: number,
  detail: string,
  { headers = {}, reader }: { headers?: Record<string, string>; reader?: Reader | undefined } = {},
): Response | Promise<Response> {
  const title = status === 404 ? "Not found" : status === 403 ? "Not allowed" : "That did not work";
  const said = (
    <section class="card">
      <h1>{title}</h1>
      <p>{detail}</p>
      <p>
        <a href="/console">Back to the overview</a>
      </p>
    </section>
  );
  const page = reader
    ? <Page title={title} reader={reader}>{said}</Page>
    : <Document title={title}>{<main id="main">{said}</main>}</Document>;
  return c.html(page, status as 404, headers);
}
