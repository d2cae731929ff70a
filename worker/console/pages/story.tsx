/** @jsxImportSource hono/jsx */
/** The story of one upload, from its acceptance to its report. */
import type { Child } from "hono/jsx";
import type { Upload } from "../answers.ts";
import { Card, many, Time } from "../parts/show.tsx";

interface Step {
  at: string | null;
  says: Child;
  tone?: "bad" | "warn" | "wait";
}

export function Story({ upload }: { upload: Upload }) {
  return (
    <Card title="Its story">
      <ol class="story">
        {steps(upload).map(({ at, says, tone }) => (
          <li class={tone}>
            <div>
              <div>{says}</div>
              {at && (
                <div class="small quiet">
                  <Time at={at} />
                </div>
              )}
            </div>
          </li>
        ))}
      </ol>
    </Card>
  );
}

function steps({ acceptedAt, completedAt, state, sender, rows }: Upload): Step[] {
  const came: Step = {
    at: acceptedAt,
    says: <>Sent from {sender.address} with {sender.client || "an unnamed client"}, and accepted</>,
  };
  const read: Step = { at: null, says: <>{many(rows.read, "row")} read</> };
  return [came, ...rows.read > 0 ? [read] : [], last(state, completedAt)];
}

function last(state: string, at: string | null): Step {
  switch (state) {
    case "completed":
      return { at, says: "Completed; the report is in the school's /inbound" };
    case "rejected":
      return { at, says: "Rejected whole; the report says why", tone: "bad" };
    case "discarded":
      return { at, says: "Given up by an administrator; the report says so", tone: "warn" };
    case "reverted":
      return { at, says: "What it changed was put back", tone: "warn" };
    case "held":
      return { at: null, says: "Held by a rule until an administrator decides", tone: "warn" };
    case "parked":
      return { at: null, says: "Parked by a fault until an administrator decides", tone: "bad" };
    default:
      return { at: null, says: "Its report comes when all rows are read", tone: "wait" };
  }
}
