/** @jsxImportSource hono/jsx */
/**
 * A revert: that it is under way; then what it could not put back, and why. A page of it is asked for by a
 * form, as one of a preview is: where it ends is a student's name.
 */
import type { Revert } from "../answers.ts";
import { Form } from "../parts/form.tsx";
import type { Reader } from "../parts/page.tsx";
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

export function RemainsCard({ revert, reader }: { revert: Revert; reader: Reader }) {
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
        <Form reader={reader} action={`/console/uploads/${revert.uploadId}/remains`}>
          <input type="hidden" name="cursor" value={next} />
          <button class="second" type="submit">Show more</button>
        </Form>
      )}
    </Card>
  );
}
