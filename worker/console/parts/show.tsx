/** @jsxImportSource hono/jsx */
/** Small things that many pages show: an instant, a state, a list, nothing. */
import type { Child } from "hono/jsx";

/** In UTC as it comes; a script shows it on the reader's clock, with UTC on hover. */
export function Time({ at }: { at: string | null | undefined }) {
  if (!at) return <span class="quiet">–</span>;
  const text = `${at.slice(0, 10)} ${at.slice(11, 16)}\u00a0UTC`;
  return <time datetime={at} data-instant title={`${at} (UTC)`}>{text}</time>;
}

/** A run's instant on the schedule's own clock: 2026-11-30 18:30 -05:00 */
export function onItsClock(local: string): string {
  return local.replace("T", " ").replace(/:00([+-]|Z)/, " $1");
}

type Tone = "good" | "warn" | "bad" | "busy" | "idle";

const tones: Record<string, [tone: Tone, words: string]> = {
  accepted: ["busy", "waiting"],
  checking: ["busy", "being checked"],
  processing: ["busy", "processing"],
  held: ["warn", "held"],
  parked: ["bad", "parked"],
  completed: ["good", "completed"],
  rejected: ["bad", "rejected"],
  discarded: ["idle", "discarded"],
  reverting: ["busy", "being put back"],
  reverted: ["idle", "reverted"],
  making: ["busy", "being made"],
  pending: ["busy", "on its way"],
  delivered: ["warn", "in /outbound"],
  downloaded: ["good", "downloaded"],
  error: ["bad", "error"],
  warning: ["warn", "warning"],
  info: ["idle", "note"],
  waiting: ["busy", "waiting"],
  failed: ["bad", "failed"],
  sent: ["good", "sent"],
  on: ["good", "on"],
  off: ["idle", "off"],
  partial: ["warn", "incomplete"],
  closed: ["busy", "settling"],
  kept: ["idle", "kept"],
  active: ["good", "active"],
  inactive: ["idle", "inactive"],
};

export function Badge({ state }: { state: string }) {
  const [tone, words] = tones[state] ?? ["idle", state.replaceAll("_", " ")];
  return <span class={`badge ${tone}`}>{words}</span>;
}

/** An upload's state, and beside it that what it changed is being put back. */
export function UploadBadge({ upload }: { upload: { state: string; revert?: { state: string } } }) {
  return (
    <>
      <Badge state={upload.state} />
      {upload.revert?.state === "reverting" && (
        <>
          {" "}
          <Badge state="reverting" />
        </>
      )}
    </>
  );
}

export function Note({ tone, title, children }: { tone: Tone; title?: string; children?: Child }) {
  return (
    <div class={`note ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      {title !== undefined && <strong>{title}</strong>}
      {children}
    </div>
  );
}

export function Card(
  { title, says, actions, children }: {
    title?: string;
    says?: Child;
    actions?: Child;
    children?: Child;
  },
) {
  return (
    <section class="card" aria-label={title}>
      {title !== undefined && (
        <div class="head">
          <h2>{title}</h2>
          {actions !== undefined && <div class="actions">{actions}</div>}
        </div>
      )}
      {says !== undefined && <p class="quiet">{says}</p>}
      {children}
    </section>
  );
}

/** A heading, its cell of an item, and how it stands. */
export type Column<Item> = [
  heading: string,
  cell: (item: Item) => Child,
  kind?: "number" | "say" | "later",
];

export function List<Item>({ label, items, columns, nothing }: {
  /** What is listed, for those who do not see it. */
  label: string;
  items: readonly Item[];
  columns: Column<Item>[];
  /** What stands there when there is none, and what to do then. */
  nothing: Child;
}) {
  if (items.length === 0) return <div class="empty">{nothing}</div>;
  return (
    <div class="wide" tabindex={0} role="group" aria-label={label}>
      <table>
        <thead>
          <tr>
            {columns.map(([heading, , kind]) => (
              <th scope="col" class={kind}>
                {heading === "" ? <span class="unseen">Actions</span> : heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr>
              {columns.map(([heading, cell, kind]) => (
                <td class={heading === "" ? "bare" : kind} data-heading={heading}>
                  <div>{cell(item)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The link to the next page of a list. */
export function More({ next, href }: { next: string | undefined; href: string }) {
  if (next === undefined) return null;
  const join = href.includes("?") ? "&" : "?";
  return (
    <p>
      <a class="button second" href={`${href}${join}cursor=${encodeURIComponent(next)}`}>
        Show more
      </a>
    </p>
  );
}

export function Facts({ of }: { of: [name: string, value: Child][] }) {
  return (
    <dl class="facts">
      {of.map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </>
      ))}
    </dl>
  );
}

export function Fingerprint({ of }: { of: string }) {
  return <span class="mono small">{of}</span>;
}

/** Bytes as people read them. */
export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const units = ["KiB", "MiB", "GiB"];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** 12345 → 12,345 */
export function count(number: number): string {
  return number.toLocaleString("en-US");
}

/** `1 row`, `2 rows` */
export function many(number: number, one: string, more = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : more}`;
}

/** What was changed of something, a line a column. */
export function Changes({ of }: {
  of: readonly { column: string; from?: unknown; to?: unknown }[];
}) {
  const text = (value: unknown) => value === null || value === undefined ? "–" : String(value);
  return (
    <>
      {of.map(({ column, from, to }) => (
        <div>
          {column}: {text(from)} → {text(to)}
        </div>
      ))}
    </>
  );
}
