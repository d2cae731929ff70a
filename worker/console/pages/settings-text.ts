/** Settings as a form's text, and back into what the route takes. */
import type { School } from "../answers.ts";
import type { Problem } from "../ask.ts";
import type { Typed } from "../parts/form.tsx";

interface Pause {
  from: string;
  to: string;
  kind: string;
}

const limits = ["changedPercent", "removedPercent", "rejectedPercent", "fewerRowsPercent"] as const;

export function writeSettings({ name, settings }: School): Typed {
  const text = (value: unknown) => value === undefined || value === null ? "" : String(value);
  const expect = settings["expectEvery"] as { when: string; timezone: string } | null | undefined;
  const hold = (settings["holdWhen"] ?? {}) as Record<string, unknown>;
  const pauses = (settings["pauses"] ?? []) as Pause[];
  return {
    name,
    username: text(settings["username"]),
    emailDomains: ((settings["emailDomains"] ?? []) as string[]).join(", "),
    studentIdPattern: text(settings["studentIdPattern"]),
    country: text(settings["country"]),
    onCampusRequired: text(settings["onCampusRequired"]),
    columns: text(settings["columns"] ?? "position"),
    columnNames: Object.entries((settings["columnNames"] ?? {}) as Record<string, string[]>)
      .map(([column, names]) => `${column}: ${names.join(", ")}`).join("\n"),
    rowLimit: text(settings["rowLimit"]),
    mode: text(settings["mode"] ?? "update"),
    dryRun: text(settings["dryRun"] ?? false),
    ...Object.fromEntries(limits.map((limit) => [limit, text(hold[limit])])),
    headerOutOfOrder: hold["headerOutOfOrder"] === true ? "yes" : "",
    pauses: pauses.map(({ from, to, kind }) => `${from} ${to} ${kind}`).join("\n"),
    timezone: text(settings["timezone"]),
    expectWhen: text(expect?.when),
    expectZone: text(expect?.timezone),
    notDownloadedAfterDays: text(settings["notDownloadedAfterDays"]),
    emptyExports: text(settings["emptyExports"]),
    allowedAddresses: ((settings["allowedAddresses"] ?? []) as string[]).join("\n"),
  };
}

/** What is empty goes back to its default (`null`). */
export function readSettings(
  typed: Typed,
): { body: { name: string; settings: Record<string, unknown> } } | { problem: Problem } {
  const text = (name: string) => (typed[name] ?? "").trim();
  const optional = (name: string) => text(name) === "" ? null : text(name);
  const number = (name: string) => text(name) === "" ? null : Number(text(name));
  const list = (name: string) => text(name).split(/[\s,]+/).filter((part) => part !== "");
  const columnNames = readColumnNames(text("columnNames"));
  const pauses = readPauses(typed["pauses"] ?? "");
  if ("problem" in pauses) return pauses;
  const hold: Record<string, unknown> = Object.fromEntries(
    limits.filter((limit) => text(limit) !== "").map((limit) => [limit, Number(text(limit))]),
  );
  if (text("headerOutOfOrder") === "yes") hold["headerOutOfOrder"] = true;
  return {
    body: {
      name: text("name"),
      settings: {
        username: optional("username"),
        emailDomains: list("emailDomains"),
        studentIdPattern: optional("studentIdPattern"),
        country: optional("country"),
        onCampusRequired: text("onCampusRequired") !== "false",
        columns: optional("columns"),
        columnNames: Object.keys(columnNames).length > 0 ? columnNames : null,
        rowLimit: number("rowLimit"),
        mode: optional("mode"),
        dryRun: text("dryRun") === "true",
        holdWhen: Object.keys(hold).length > 0 ? hold : null,
        pauses: pauses.pauses.length > 0 ? pauses.pauses : null,
        timezone: optional("timezone"),
        expectEvery: text("expectWhen") === ""
          ? null
          : { when: text("expectWhen"), timezone: text("expectZone") },
        notDownloadedAfterDays: number("notDownloadedAfterDays"),
        emptyExports: optional("emptyExports"),
        allowedAddresses: list("allowedAddresses"),
      },
    },
  };
}

/** `Username: Net ID, Login`, a line a column; what is no column is refused by the route. */
function readColumnNames(text: string): Record<string, string[]> {
  return Object.fromEntries(
    text.split(/\r?\n/).filter((line) => line.trim() !== "").map((line) => {
      const [column, ...names] = line.split(":");
      const parts = names.join(":").split(",").map((name) => name.trim());
      return [column!.trim(), parts.filter((name) => name !== "")];
    }),
  );
}

function readPauses(text: string): { pauses: Pause[] } | { problem: Problem } {
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
  const pauses: Pause[] = [];
  for (const line of lines) {
    const [from, to, kind, ...more] = line.split(/\s+/);
    if (from === undefined || to === undefined || kind === undefined || more.length > 0) {
      const problem =
        `has "${line}"; a pause is from, to and a kind, such as 2027-06-15 2027-08-10 hold`;
      return {
        problem: {
          status: 400,
          code: "pauses",
          detail: `A pause ${problem}. Nothing was changed.`,
          errors: [{ field: "pauses", problem }],
        },
      };
    }
    pauses.push({ from, to, kind });
  }
  return { pauses };
}
