/** @jsxImportSource hono/jsx */
/** What a school needs to begin: address, fingerprint, template, pairs, commands, site files. */
import { type Context, Hono } from "hono";
import type { Placement, School } from "../answers.ts";
import { type Desk, schoolPath, schoolRoute } from "../desk.ts";
import { Card, Facts, List, Note } from "../parts/show.tsx";
import { SchoolPage } from "./school-frame.tsx";
import { type Connection, fileZillaSite, templateCsv, winScpSite } from "./site-files.ts";

export function sheetPage(desk: Desk): Hono {
  const routes = new Hono();

  async function look(c: Context) {
    const ask = desk.ask(c);
    const slug = c.req.param("slug")!;
    const [school, connection] = await Promise.all([
      ask.get<School>(schoolRoute(slug)),
      ask.get<Connection>(schoolRoute(slug, "/connection")),
    ]);
    return { school, connection };
  }

  routes.get("/schools/:slug/sheet", async (c) => {
    const { school, connection } = await look(c);
    const { slug } = school;
    const pairs = await desk.ask(c).all<Placement>(schoolRoute(slug, "/placements"));
    const host = connection.host ?? "sftp.example.org";
    const port = connection.port ?? 2222;
    const commands = [
      "# once: make a key, and send roster_key.pub (never roster_key)",
      "ssh-keygen -t rsa -b 4096 -f roster_key",
      "",
      "# every time: send a roster",
      `sftp -i roster_key -P ${port} ${slug}@${host}`,
      "sftp> put roster.csv /inbound/",
      "sftp> get /inbound/roster.csv.*.completed",
      "sftp> get /outbound/verified-*.csv",
    ].join("\n");
    return c.html(
      <SchoolPage school={school} reader={desk.reader(c)} tab="/sheet" title="Instructions">
        {connection.host === null && (
          <Note tone="warn" title="The address is not known here.">
            <span>
              Set <code>SFTP_ADDRESS</code>{" "}
              on the bridge (docs/operations.md); until then an example stands below.
            </span>
          </Note>
        )}
        <Card title="Where to connect" says="Print this page, or send it as it is.">
          <Facts
            of={[
              ["Host", <code>{host}</code>],
              ["Port", <code>{port}</code>],
              ["User", <code>{slug}</code>],
              ["Log in with", "an SSH key, never a password"],
              [
                "Host key",
                connection.hostKeys.length > 0
                  ? connection.hostKeys.map((key) => (
                    <div>
                      <code>{key}</code>
                    </div>
                  ))
                  : "ask the operator",
              ],
            ]}
          />
          <p>
            Compare the host key when you connect for the first time. If it is another one, do not
            go on, and call us.
          </p>
        </Card>
        <Card
          title="With OpenSSH (Windows, macOS, Linux)"
          actions={<button type="button" class="second" data-copy="commands" hidden>Copy</button>}
        >
          <pre tabindex={0} aria-label="Commands"><code id="commands">{commands}</code></pre>
        </Card>
        <Card title="With WinSCP or FileZilla">
          <p>
            Download the site file and import it, then choose your private key in it: WinSCP, Tools,
            Import/Restore Configuration; FileZilla, File, Import.
          </p>
          <div class="actions">
            <a class="button second" href={schoolPath(slug, "/sheet/winscp.ini")}>WinSCP site</a>
            <a class="button second" href={schoolPath(slug, "/sheet/filezilla.xml")}>
              FileZilla site
            </a>
          </div>
        </Card>
        <Card
          title="What to send"
          says="A CSV file into /inbound: UTF-8, commas, these nine columns in this order, one row a student."
          actions={
            <a class="button second" href={schoolPath(slug, "/sheet/template.csv")}>Template</a>
          }
        >
          <pre tabindex={0} aria-label="The template"><code>{templateCsv}</code></pre>
          <ul>
            <li>
              Username is required:{" "}
              {school.settings["username"] === "any" ? "any text" : "an e-mail address"}.
            </li>
            <li>Dob is MM/DD/YYYY; OnCampus is 0 or 1.</li>
            <li>What is left blank stays as it is.</li>
            <li>
              The file becomes <code>roster.csv.&lt;time&gt;.processing</code>, then{" "}
              <code>.completed</code>: the report. Rows that were rejected stand in{" "}
              <code>.rejected</code>, to be corrected, renamed to .csv and sent again.
            </li>
          </ul>
        </Card>
        <Card title="Valid pairs of RequirementGroup and Term">
          <List
            label="Valid pairs"
            items={pairs}
            columns={[
              ["RequirementGroup", (it) => it.requirementGroup],
              ["Term", (it) => it.term],
            ]}
            nothing={<p>Any pair is taken.</p>}
          />
        </Card>
      </SchoolPage>,
    );
  });

  routes.get("/schools/:slug/sheet/:file", async (c) => {
    const { school, connection } = await look(c);
    const made = {
      "winscp.ini": () => winScpSite(school, connection),
      "filezilla.xml": () => fileZillaSite(school, connection),
      "template.csv": () => templateCsv,
    }[c.req.param("file")];
    if (!made) return c.notFound();
    return c.body(made(), 200, {
      "content-type": "text/plain; charset=utf-8",
      "content-disposition": `attachment; filename="${school.slug}-${c.req.param("file")}"`,
    });
  });

  return routes;
}
