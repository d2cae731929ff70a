/** @jsxImportSource hono/jsx */
/**
 * What a held upload would do: the limits it crossed, the counts, then student by student. A page of
 * students is asked for by a form: where a page ends is a student's name, and none stands in an address.
 */
import type { Preview, Upload } from "../answers.ts";
import { Form } from "../parts/form.tsx";
import type { Reader } from "../parts/page.tsx";
import { Card, Changes, count, List } from "../parts/show.tsx";

const outcomes = [
  ["added", "would be added"],
  ["changed", "would be changed"],
  ["left", "would become inactive"],
  ["returned", "would come back"],
] as const;

const limits: Record<string, string> = {
  changedPercent: "of the active students would change",
  removedPercent: "of the active students would become inactive",
  rejectedPercent: "of its rows are rejected",
  fewerRowsPercent: "fewer rows than the last file applied",
};

export function PreviewCard({ preview, upload, outcome, reader }: {
  preview: Preview;
  upload: Upload;
  outcome: string | undefined;
  reader: Reader;
}) {
  const path = `/console/uploads/${upload.id}`;
  return (
    <Card title="What it would do">
      {preview.limits.length > 0 && (
        <ul>
          {preview.limits.map(({ limit, allowed, found }) => (
            <li>
              {found === null ? limits[limit] ?? limit : (
                <>
                  <strong>{found} %</strong> {limits[limit] ?? limit}
                  {allowed !== null && ` (the limit is ${allowed} %)`}
                </>
              )}
            </li>
          ))}
        </ul>
      )}
      <div class="counts">
        {outcomes.map(([name, words]) => (
          <div>
            <div class="figure">{count(preview.counts[name])}</div>
            <a
              href={`${path}?outcome=${name}#students`}
              aria-current={name === outcome || undefined}
            >
              {words}
            </a>
          </div>
        ))}
      </div>
      <p class="quiet">Of {count(preview.counts.active)} active students.</p>
      <div id="students">
        <List
          label="Students it would change"
          items={preview.items}
          columns={[
            ["Username", (it) => it.username],
            ["What", (it) => outcomes.find(([name]) => name === it.outcome)?.[1] ?? it.outcome],
            ["Changes", (it) => <Changes of={it.changes} />, "say"],
          ]}
          nothing={<p>Nobody.</p>}
        />
        {preview.next && (
          <Form reader={reader} action={`${path}/preview`}>
            <input type="hidden" name="outcome" value={outcome ?? ""} />
            <input type="hidden" name="cursor" value={preview.next} />
            <button class="second" type="submit">Show more</button>
          </Form>
        )}
      </div>
    </Card>
  );
}
