/**
 * The files made of an upload, streamed: the report (`.completed`) and the rejected records
 * (`.rejected`).
 */
import type { Client } from "@libsql/client";
import { rejectedBytes } from "../database/school/arrivals.ts";
import { problemPages, uploadById } from "../database/school/uploads.ts";
import { problemLine, reportHeader, summary } from "../roster/report.ts";

/** The report of an upload that is done; `undefined` while it is not, or when there is none. */
export async function reportStream(
  database: Client,
  id: string,
): Promise<ReadableStream<Uint8Array> | undefined> {
  const upload = await uploadById(database, id);
  if (!upload || (upload.state !== "completed" && upload.state !== "rejected")) return undefined;
  async function* lines() {
    const encoder = new TextEncoder();
    // The problem a file was rejected whole for stands in the summary's place.
    const first = upload!.state === "completed" ? problemLine(summary(upload!.rows)) : "";
    yield encoder.encode(reportHeader + first);
    for await (const page of problemPages(database, id)) {
      yield encoder.encode(page.map(problemLine).join(""));
    }
  }
  return streamOf(lines());
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
