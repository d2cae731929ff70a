/** The setting `expectEvery`: words that must be a schedule, as those of an export are. */
import { readSchedule } from "../export/schedule.ts";
import { HttpProblem } from "../http/problem.ts";

/** @param now milliseconds since the epoch. @throws HttpProblem 400 in the schedule's own words */
export function checkExpectation(settings: Record<string, unknown> | undefined, now: number): void {
  const expectation = settings?.["expectEvery"] as { when: string; timezone: string } | null;
  if (!expectation) return;
  const reading = readSchedule(expectation.when, expectation.timezone, now);
  if ("schedule" in reading) return;
  const { code, message, ...members } = reading.problem;
  throw new HttpProblem(400, code, `settings.expectEvery: ${message}`, { ...members });
}
