/** @jsxImportSource hono/jsx */
/** A revert: that it is under way; then what it could not put back, and why. */
import type { Revert } from "../answers.ts";
import { Card, List, many, Note, Time } from "../parts/show.tsx";

export function Reverting({ revert: { begunAt, actor, reason } }: { revert: Revert }) {
  return (
    <Note tone="warn" title="What this upload changed is being put back.">
      <span>
        {actor} began it <Time at={begunAt} />
        {reason && `: ${reason}`}
      </span>
    </Note>
  );
}

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
