/** What describes the worker: `/openapi.json` for programs, `/docs` for people. Open to everybody. */
import { Hono } from "hono";
import * as v from "valibot";
import { describes } from "../http/describe.ts";
import { pageHeaders } from "../http/page-headers.ts";
import { docsPage, docsStyle } from "./docs-page.ts";
import { openApi } from "./openapi.ts";

/** @param whole the worker's app, once all its routes are there */
export function descriptionRoutes(whole: () => Hono): Hono {
  const routes = new Hono();
  // Made when somebody asks: a worker that starts for one call has no time for it.
  let made: ReturnType<typeof openApi> | undefined;
  const document = () => made ??= openApi(whole());

  routes.get(
    "/openapi.json",
    describes({
      summary: "This document",
      answers: { 200: v.looseObject({ openapi: v.string() }) },
    }),
    async (c) => c.json(await document()),
  );

  routes.use("/docs/*", pageHeaders());
  routes.get(
    "/docs",
    describes({
      summary: "This document as a page",
      answers: { 200: { type: "text/html", what: "The page" } },
    }),
    async (c) => c.html(docsPage(await document())),
  );
  routes.get(
    "/docs/style.css",
    (c) => c.body(docsStyle, 200, { "content-type": "text/css; charset=utf-8" }),
  );
  return routes;
}
