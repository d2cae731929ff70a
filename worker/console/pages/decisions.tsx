/** @jsxImportSource hono/jsx */
/** What can be decided about an upload: released, tried again, given up, put back. */
import type { Revert, Upload } from "../answers.ts";
import type { Problem } from "../ask.ts";
import { Check, Field, Form, Refused, type Typed } from "../parts/form.tsx";
import type { Reader } from "../parts/page.tsx";
import { Card, Note } from "../parts/show.tsx";

export const decisions = ["release", "discard", "retry", "revert"] as const;
type Decision = (typeof decisions)[number];

const why: Record<Decision, string> = {
  release: "Why it is released",
  discard: "Why it is given up",
  retry: "Why it is tried again",
  revert: "Why it is put back",
};

/** Those whose reason the school reads too. */
const isReported = new Set<Decision>(["release", "discard"]);

/** A decision that was refused, with what was typed. */
export interface Tried {
  decision: Decision;
  values: Typed;
  problem: Problem;
}

/** What a person decides, where there is something to decide. */
export function WhatToDo({ upload, revert, reader, tried }: {
  upload: Upload;
  revert: Revert | undefined;
  reader: Reader;
  tried: Tried | undefined;
}) {
  const refused = tried && <Refused problem={tried.problem} />;
  const { state, id, name } = upload;
  const isAgain = revert?.again === true;
  const canRevert = state === "completed" || state === "discarded" && hasChanged(upload) || isAgain;
  if (state !== "held" && state !== "parked" && !canRevert) {
    return refused ?? null;
  }
  const path = `/console/uploads/${id}`;
  const reason = (decision: Decision) => (
    <Field
      name="reason"
      id={`${decision}-reason`}
      label={why[decision]}
      value={tried?.decision === decision ? tried.values["reason"] : undefined}
      hint={isReported.has(decision)
        ? "Stands in the audit and in the report the school reads."
        : "Stands in the audit."}
    />
  );
  if (reader.role !== "admin") {
    return canRevert ? null : (
      <Note tone="warn" title={`This upload is ${state}.`}>
        <Because upload={upload} />
        <span>An administrator decides what becomes of it.</span>
      </Note>
    );
  }
  if (canRevert) {
    return (
      <details class="fold" open={tried !== undefined}>
        <summary>
          {isAgain ? "Put back what was left" : "Put back what this upload changed"}
        </summary>
        {refused}
        <Form reader={reader} action={`${path}/revert`}>
          {isAgain && <p>What stood in the way of some students is gone.</p>}
          <p>
            Each student it changed, that nothing changed since, becomes as before; added ones that
            were never verified go, others become inactive. What was exported cannot be called back.
          </p>
          {reason("revert")}
          <Field name="confirm" label="The file's name again" hint={name} required />
          <button class="danger" type="submit">Revert this upload</button>
        </Form>
      </details>
    );
  }
  return (
    <Card title={state === "held" ? "Held: nothing of it is applied" : "Parked: it cannot go on"}>
      <Because upload={upload} />
      {refused}
      {state === "held" && (
        <Form reader={reader} action={`${path}/release`}>
          <p>
            A release checks again. If it would now change more than is shown here, it is held again
            with the new numbers.
          </p>
          {(upload.rows.left ?? 0) > 0 && (
            <Check
              name="without"
              label="Without removals: nobody becomes inactive"
              checked={tried?.values["without"] !== undefined}
            />
          )}
          {(upload.rows.left ?? 0) > 0 && (
            <Field
              name="confirm"
              label="The file's name again, if it may make students inactive"
              hint={name}
            />
          )}
          {reason("release")}
          <button type="submit">Release</button>
        </Form>
      )}
      {state === "parked" && (
        <Form reader={reader} action={`${path}/retry`}>
          {reason("retry")}
          <button type="submit">Try it again</button>
        </Form>
      )}
      <details class="fold" open={tried?.decision === "discard"}>
        <summary>Give it up</summary>
        <Form reader={reader} action={`${path}/discard`}>
          <p>
            Nothing more of it is applied, and its report says so.
            {state === "parked" && hasChanged(upload) &&
              " What it changed already stays, until you revert it afterwards."}
          </p>
          {reason("discard")}
          <button class="danger" type="submit">Discard this upload</button>
        </Form>
      </details>
    </Card>
  );
}

/** Did it change a student, so that there is something to put back? */
function hasChanged({ rows: { added, updated, left = 0, returned = 0 } }: Upload): boolean {
  return added + updated + left + returned > 0;
}

function Because({ upload: { heldBecause } }: { upload: Upload }) {
  return heldBecause === undefined ? null : <p class="says">{heldBecause}</p>;
}
