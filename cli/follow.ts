/** Watches uploads with the progress that the worker sends (server-sent events). */
import { type Api, list } from "./api.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Options } from "./command.ts";
import { progressBar } from "./progress-bar.ts";
import type { Progress, Upload, WhichUploads } from "./shapes.ts";
import type { Terminal } from "./terminal.ts";

/** How long between two looks for new uploads, in milliseconds. */
const LOOK_MS = 1000;
const done = new Set(["completed", "rejected", "discarded", "reverted"]);
/** A person decides before it goes on. */
const standing = new Set(["held", "parked"]);

/** To the upload's end. Resolves to exit code 1 when a person should look at it. */
export async function followOne(
  api: Api,
  terminal: Terminal,
  id: string,
  options: Options,
): Promise<number> {
  const upload = await api.json("get", "/admin/uploads/{id}", { params: { path: { id } } });
  const last = await watch(api, terminal, upload, options);
  if (!options.json) terminal.stdout.write(`${sentence(upload, last)}\n`);
  return last.state === "completed" && last.rows.rejected === 0
    ? exitCodes.done
    : exitCodes.notWell;
}

/** All that come, until the process is interrupted. */
export async function followAll(
  api: Api,
  terminal: Terminal,
  which: WhichUploads,
  options: Options,
): Promise<never> {
  const seen = new Set<string>();
  for (let isFirst = true;; isFirst = false) {
    const newest = await list(
      (page) => api.json("get", "/admin/uploads", { params: { query: { ...which, ...page } } }),
      isFirst ? 20 : 100,
    );
    for (const upload of newest.reverse()) {
      if (seen.has(upload.id)) continue;
      seen.add(upload.id);
      if (isFirst && done.has(upload.state)) continue;
      const last = await watch(api, terminal, upload, options);
      if (!options.json) terminal.stdout.write(`${sentence(upload, last)}\n`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function watch(
  api: Api,
  terminal: Terminal,
  upload: Upload,
  { json }: Options,
): Promise<Progress> {
  const bar = progressBar(terminal.stderr, upload.name);
  let last: Progress = { state: upload.state, bytes: 0, size: upload.size, rows: upload.rows };
  // The worker ends a watch after some minutes; the next one goes on.
  while (!done.has(last.state) && !standing.has(last.state)) {
    const answer = await api.raw("/admin/uploads/{id}/progress", {
      params: { path: { id: upload.id } },
    });
    for await (const data of eventData(answer)) {
      last = JSON.parse(data);
      if (json) terminal.stdout.write(`${JSON.stringify({ id: upload.id, ...last })}\n`);
      else bar(last.bytes, last.size);
      if (standing.has(last.state)) break;
    }
  }
  return last;
}

/** The `data` of each event (HTML standard, section 9.2). */
async function* eventData(answer: Response): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) {
    const events = (rest + piece).split("\n\n");
    rest = events.pop()!;
    for (const event of events) {
      const data = event.split("\n").filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5).trimStart());
      if (data.length > 0) yield data.join("\n");
    }
  }
}

function sentence({ id, name }: Upload, { state, rows }: Progress): string {
  const { added, updated, unchanged, rejected, warnings } = rows;
  return `${name} is ${state}: ${added} added, ${updated} updated, ${unchanged} unchanged, ` +
    `${rejected} rejected, ${warnings} warnings` +
    (rejected + warnings > 0 ? ` (rosterbridge problems ${id})` : "");
}
