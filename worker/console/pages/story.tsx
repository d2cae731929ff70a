/** @jsxImportSource hono/jsx */
/** The story of one upload: from the first packet of its file to the receipt of its report. */
import type { StoryStep } from "../answers.ts";
import { Card, Time } from "../parts/show.tsx";

/** What is told in words; another kind is shown as it is called. */
const told: Record<string, [words: string, tone?: "bad" | "warn"]> = {
  "file.partial": ["the file is being sent"],
  "file.complete": ["the file was closed"],
  "file.processing": ["the file was taken"],
  "file.removed": ["a file was removed"],
  "file.moved": ["it was renamed, from"],
  download: ["a file was fetched to its end"],
  "upload.accepted": ["it was announced to the worker"],
  "upload.checking": ["its rows are compared with the students"],
  "upload.processing": ["its rows are being processed"],
  "upload.completed": ["completed; its report was written"],
  "upload.rejected": ["rejected whole; its report says why", "bad"],
  "upload.held": ["held by a rule until an administrator decides", "warn"],
  "upload.parked": ["parked by a fault until an administrator decides", "bad"],
  "upload.released": ["released"],
  "upload.retried": ["tried again"],
  "upload.discarded": ["given up", "warn"],
  "upload.reverted": ["what it changed was put back", "warn"],
};

export function Story({ steps, isUnderWay }: { steps: StoryStep[]; isUnderWay: boolean }) {
  return (
    <Card title="Its story">
      <ol class="story">
        {steps.map(({ at, action, actor, detail }) => {
          const [words, tone] = told[action] ?? [action.replaceAll(/[._]/g, " ")];
          const path = typeof detail["path"] === "string" ? detail["path"] : undefined;
          const reason = typeof detail["reason"] === "string" ? detail["reason"] : undefined;
          return (
            <li class={tone}>
              <div>
                <div>
                  {words}
                  {path && (
                    <>
                      {": "}
                      <span class="mono small">{path}</span>
                    </>
                  )}
                </div>
                {reason && <div>“{reason}”</div>}
                <div class="small quiet">
                  <Time at={at} /> by {actor}
                </div>
              </div>
            </li>
          );
        })}
        {isUnderWay && (
          <li class="wait">
            <div>Its report comes when all rows are read.</div>
          </li>
        )}
      </ol>
    </Card>
  );
}
