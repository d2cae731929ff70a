/** @jsxImportSource hono/jsx */
/** The frame of every page: where one is, who one is, what is on the page. */
import { raw } from "hono/html";
import type { Child } from "hono/jsx";

/** Who looks at the console. */
export interface Reader {
  name: string;
  role: "viewer" | "reviewer" | "admin";
  /** Proves that a form was sent from a page of ours; `null` where no session is. */
  formToken: string | null;
}

const rooms = [
  ["/console", "Overview"],
  ["/console/schools", "Schools"],
  ["/console/uploads", "Uploads"],
  ["/console/exports", "Exports"],
  ["/console/messages", "Messages"],
  ["/console/ledger", "Ledger"],
  ["/console/access", "Access"],
] as const;

interface PageProps {
  title: string;
  reader: Reader;
  /** The room's address; its link in the menu is marked. */
  room?: (typeof rooms)[number][0];
  crumbs?: [href: string, name: string][];
  /** Seconds between two looks for what is new, where the page changes by itself. */
  live?: number;
  children?: Child;
}

export function Page({ title, reader, room, crumbs = [], live, children }: PageProps) {
  return (
    <Document title={title}>
      <a class="skip" href="#main">Skip to the page</a>
      <div class="frame">
        <header class="side">
          <a class="brand" href="/console">
            roster<span>bridge</span>
          </a>
          <details class="menu" open>
            <summary>Menu</summary>
            <nav aria-label="Console">
              <ul>
                {rooms.map(([href, name]) => (
                  <li>
                    <a href={href} aria-current={href === room ? "page" : undefined}>{name}</a>
                  </li>
                ))}
              </ul>
            </nav>
            <div class="who">
              <span>
                Signed in as <strong>{reader.name}</strong> ({reader.role})
              </span>
              {reader.formToken !== null && (
                <form method="post" action="/console/sign-out">
                  <FormToken reader={reader} />
                  <button class="second" type="submit">Sign out</button>
                </form>
              )}
            </div>
          </details>
        </header>
        <main id="main" tabindex={-1} data-live={live}>
          {crumbs.length > 0 && (
            <nav class="crumbs" aria-label="Where this page is">
              {crumbs.map(([href, name]) => (
                <>
                  <a href={href}>{name}</a>
                  {" / "}
                </>
              ))}
            </nav>
          )}
          {children}
        </main>
      </div>
    </Document>
  );
}

/** A page without the frame: for who is not signed in. */
export function Document({ title, children }: { title: string; children?: Child }) {
  return (
    <>
      {raw("<!doctype html>")}
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>{`${title} · Rosterbridge`}</title>
          <link rel="stylesheet" href="/console/style.css" />
          <link rel="icon" href="/console/icon.svg" type="image/svg+xml" />
          <script src="/console/script.js" defer></script>
        </head>
        <body>{children}</body>
      </html>
    </>
  );
}

/** In every form that changes something. */
export function FormToken({ reader }: { reader: Reader }) {
  return reader.formToken === null
    ? null
    : <input type="hidden" name="form-token" value={reader.formToken} />;
}

interface HeadProps {
  title: string;
  says?: Child;
  children?: Child;
}

/** A page's heading, what it is about, and what can be done on it. */
export function Head({ title, says, children }: HeadProps) {
  return (
    <div class="head">
      <div>
        <h1>{title}</h1>
        {says !== undefined && <p class="quiet">{says}</p>}
      </div>
      {children !== undefined && <div class="actions">{children}</div>}
    </div>
  );
}

export function Tabs({ label, items, here }: {
  label: string;
  items: [href: string, name: string][];
  here: string;
}) {
  return (
    <nav aria-label={label}>
      <ul class="tabs">
        {items.map(([href, name]) => (
          <li>
            <a href={href} aria-current={href === here ? "page" : undefined}>{name}</a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
