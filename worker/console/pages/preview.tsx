/** @jsxImportSource hono/jsx */
/** What a held upload would do. */
import type { Upload } from "../answers.ts";
import { Card, count, List } from "../parts/show.tsx";

export interface Preview {
  counts: Record<string, number>;
  items?: {
    kind: string;
    username: string;
    changes?: { column: string; from: string | null; to: string | null }[];
  }[];
  next?: string;
}

const kinds: [kind: string, words: string][] = [
  ["added", "would be added"],
  ["updated", "would be changed"],
  ["left", "would become inactive"],
  ["returned", "would come back"],
];

export function PreviewCard({ preview, upload }: { preview: Preview; upload: Upload }) {
  return (
    <Card title="What it would do">
      <div class="cards">
        {kinds.map(([kind, words]) => (
          <div>
            <div class="figure">{count(preview.counts[kind] ?? 0)}</div>
            <a href={`/console/uploads/${upload.id}?kind=${kind}`}>{words}</a>
          </div>
        ))}
      </div>
      {preview.items && (
        <List
          label="Students it would change"
          items={preview.items}
          columns={[
            ["Username", (it) => it.username],
            ["What", (it) => kinds.find(([kind]) => kind === it.kind)?.[1] ?? it.kind],
            ["Changes", (it) =>
              (it.changes ?? []).map(({ column, from, to }) => (
                <div>
                  {column}: {from ?? "–"} → {to ?? "–"}
                </div>
              )), "say"],
          ]}
          nothing={<p>Nobody.</p>}
        />
      )}
    </Card>
  );
}
