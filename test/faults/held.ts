/**
 * Files that are held by a limit or by a pause, while worker, bridge and database are killed: what is
 * decided takes effect once, whatever the answer was lost to.
 */
import assert from "node:assert/strict";
import { type Answer, type School, type Service } from "../end-to-end/service.ts";
import type { Random } from "./random.ts";
import { until } from "../until.ts";

/** The settings of the school that this is done with. */
export const cautious = { mode: "snapshot", holdWhen: { removedPercent: 10 } };

interface UploadJson {
  id: string;
  name: string;
  timeCode: string;
  state: string;
  rows: Record<string, number>;
}

const STUDENTS = 100;
const decisions = ["release", "release without removals", "discard", "pause"] as const;

/** One file is held and decided about; then all are as they were. To be called while the network is good. */
export async function holdOne(
  service: Service,
  school: School,
  random: Random,
  kill: () => Promise<void>,
): Promise<void> {
  const path = `/admin/schools/${school.slug}`;
  const admin = (method: string, to: string, body?: unknown): Promise<Answer> =>
    service.admin(method, to, body).catch(() => ({ status: 0, body: undefined }));
  const uploads = async (): Promise<UploadJson[]> =>
    (await admin("GET", `${path}/uploads?limit=10`)).body?.items ?? [];
  const known = new Set((await uploads()).map(({ id }) => id));
  /** Sends a file under a name of its own, and waits for what becomes of it. */
  const send = async (count: number, wanted: string): Promise<UploadJson> => {
    const rows = Array.from({ length: count }, (_, i) => `c${i}@x.edu,C${i},,,,,,,1\n`).join("");
    const bytes = `U,S,L,F,T,D,R,T,O\n${rows}`;
    await until(() => school.put("/inbound/cautious.csv", bytes).then(() => true, () => false));
    let found: UploadJson | undefined;
    await until(async () => {
      found = (await uploads()).find(({ id, state }) => !known.has(id) && state === wanted);
      return found !== undefined;
    }, `${school.slug}'s file ${wanted}`);
    known.add(found!.id);
    return found!;
  };
  const stateOf = async ({ id }: UploadJson) => (await admin("GET", `/admin/uploads/${id}`)).body;
  const reached = (upload: UploadJson, state: string) =>
    until(async () => (await stateOf(upload))?.state === state, `${upload.id} ${state}`);
  const active = async () =>
    (await admin("GET", `${path}/students?status=active&limit=1000`)).body?.items.length;
  const settings = (pauses: object[]) =>
    until(async () => (await admin("PATCH", path, { settings: { pauses } })).status === 200);

  await send(STUDENTS, "completed");
  const decision = random.pick(decisions);
  let left = STUDENTS;
  if (decision === "pause") {
    await settings([{ from: "2000-01-01", to: "2999-12-31", kind: "hold" }]);
    const older = await send(STUDENTS - 1, "held");
    const newer = await send(STUDENTS - 2, "held");
    await Promise.all([settings([]), kill()]);
    await reached(newer, "completed");
    await reached(older, "discarded");
    left = STUDENTS - 2;
  } else {
    const held = await send(STUDENTS / 2, "held");
    const [word, ...without] = decision.split(" ");
    const body = without.length > 0 ? { withoutRemovals: true } : {};
    await Promise.all([
      until(async () => {
        const { status } = await admin("POST", `/admin/uploads/${held.id}/${word}`, body);
        // 409: the decision of a call before was taken, and its answer was lost.
        return status === 202 || status === 409;
      }, decision),
      kill(),
    ]);
    await reached(held, word === "discard" ? "discarded" : "completed");
    if (decision === "release") left = STUDENTS / 2;
    const { rows } = (await stateOf(held)) as UploadJson;
    assert.equal(rows["left"] ?? 0, STUDENTS - left, decision);
    const report = `/inbound/${held.name}.${held.timeCode}.completed`;
    await until(async () =>
      (await school.names().catch(() => [] as string[]))
        .includes(report.slice("/inbound/".length))
    );
    assert.match(String(await school.get(report)), word === "discard" ? /discarded/ : /released/);
  }
  await until(async () => await active() === left, `${left} active after ${decision}`);
  const all = await send(STUDENTS, "completed");
  assert.equal(all.rows["returned"] ?? 0, STUDENTS - left, decision);
  assert.equal(await active(), STUDENTS);
}
