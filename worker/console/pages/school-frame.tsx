/** @jsxImportSource hono/jsx */
/** The frame of a school's pages: its name, its tabs, what was just done. */
import type { Child } from "hono/jsx";
import type { School } from "../answers.ts";
import { schoolPath } from "../desk.ts";
import { Head, Page, type Reader, Tabs } from "../parts/page.tsx";
import { Note } from "../parts/show.tsx";
import { SchoolState } from "./schools.tsx";

const tabs = [
  ["", "Overview"],
  ["/keys", "Keys"],
  ["/settings", "Settings"],
  ["/placements", "Placements"],
  ["/contacts", "Contacts"],
  ["/students", "Students"],
  ["/exports", "Exports"],
  ["/files", "Files"],
  ["/sheet", "Instructions"],
] as const;

export function SchoolPage({ school, reader, tab, title, says, said, live, actions, children }: {
  school: School;
  reader: Reader;
  tab: (typeof tabs)[number][0];
  title?: string;
  says?: Child;
  said?: string | undefined;
  live?: number | undefined;
  actions?: Child;
  children?: Child;
}) {
  return (
    <Page
      title={title ? `${title} · ${school.name}` : school.name}
      reader={reader}
      room="/console/schools"
      crumbs={[["/console/schools", "Schools"]]}
      live={live}
    >
      <Head
        title={school.name}
        says={says ?? (
          <>
            SFTP user <code>{school.slug}</code> <SchoolState of={school} />
          </>
        )}
      >
        {actions}
      </Head>
      <Tabs
        label={`Pages of ${school.name}`}
        items={tabs.map(([below, name]) => [schoolPath(school.slug, below), name])}
        here={schoolPath(school.slug, tab)}
      />
      {said && <Note tone="good">{said}</Note>}
      {children}
    </Page>
  );
}
