/** @jsxImportSource hono/jsx */
/** What a revert could not put back, and why. */
import type { Revert } from "../answers.ts";
import { Card, List, many } from "../parts/show.tsx";

export function RemainsCard({ revert }: { revert: Revert }) {
  const { items, next, restored, removed, madeInactive } = revert;
  return (
    <Card title="What was put back">
      <p>
        {many(restored, "student")} as before, {many(removed, "student")} gone,{" "}
        {many(madeInactive, "student")} made inactive.
      </p>
      <List
        label="What could not be put back"
        items={items}
        columns={[
          ["Username", (it) => it.username],
          ["What could not be put back", (it) => it.message, "say"],
        ]}
        nothing={<p>Nothing of it is left.</p>}
      />
      {next && (
        <p class="quiet">
          There are more; <code>rosterbridge revert {revert.uploadId}</code> lists them all.
        </p>
      )}
    </Card>
  );
}
