/**
 * The files made of an upload, streamed: the report (`.completed`) and the rejected records
 * (`.rejected`).
 */
import type { Client } from "@libsql/client";
import { type Stage, stageName } from "../../shared/file-names.ts";
import type { Result, UploadState } from "../../shared/protocol.ts";
import { rejectedBytes, type StoredPosition } from "../database/school/arrivals.ts";
import { listProblems, problemPages, uploadById } from "../database/school/uploads.ts";
import { problemLine, reportHeader, summary } from "../roster/report.ts";

/** States in which nothing more comes: the report is ready. */
const doneStates = new Set<UploadState>(["completed", "rejected", "discarded", "reverted"]);

export function isDone(state: UploadState): boolean {
  return doneStates.has(state);
}

/** What comes of a roster: its report, and its rejected records where there are any. */
export function rosterResults({ id, name, timeCode, rejected }: StoredPosition): Result[] {
  const result = (stage: Stage, href: string) => ({
    folder: "/inbound",
    name: stageName(name, timeCode, stage),
    href: `/bridge/uploads/${id}/${href}`,
  });
  return [
    result("completed", "report"),
    ...(rejected > 0 ? [result("rejected", "rejected")] : []),
  ];
}

/** The report of an upload that is done; `undefined` while it is not, or when there is none. */
export async function reportStream(
  database: Client,
  id: string,
): Promise<ReadableStream<Uint8Array> | undefined> {
  const upload = await uploadById(database, id);
  if (!upload || !isDone(upload.state)) return undefined;
  async function* lines() {
    const encoder = new TextEncoder();
    // The problem a file was rejected whole for, or given up, stands in the summary's place.
    const { state, pass, rows } = upload!;
    const isApplied = state === "completed" ||
      state === "reverted" && !await wasGivenUp(database, id);
    const first = isApplied ? problemLine(summary(rows, pass === "check")) : "";
    yield encoder.encode(reportHeader + first);
    for await (const page of problemPages(database, id)) {
      yield encoder.encode(page.map(problemLine).join(""));
    }
  }
  return streamOf(lines());
}

/** Of an upload that was put back: was it given up half-way before? */
async function wasGivenUp(database: Client, id: string): Promise<boolean> {
  const problems = await listProblems(database, id, { limit: 0, after: undefined }, "discarded");
  return problems.length > 0;
}

/** The header and the rejected records; just the header's bytes when none was rejected. */
export function rejectedStream(database: Client, id: string): ReadableStream<Uint8Array> {
  return streamOf(rejectedBytes(database, id));
}

/** A stream that asks for the next piece only when it is wanted. */
export function streamOf(pieces: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await pieces.return(undefined);
    },
  }, { highWaterMark: 1 });
}
