/**
 * Uploads that are put back by an administrator, while worker, bridge and database are killed: a call
 * that was cut off is made again, and each upload is put back once.
 */
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { type Answer, type School, type Service } from "../end-to-end/service.ts";
import type { Counts, Model, Roster, Standing } from "./model.ts";
import type { Outbound } from "./outbound.ts";
import type { Random } from "./random.ts";
import { until } from "../until.ts";

interface Pupil {
  school: School;
  model: Model;
  outbound: Outbound;
  checked: ReadonlySet<string>;
  /** Uploads that were put back. */
  reverted: Set<string>;
}

/**
 * Puts one or two of a school's uploads back, of the last ones mostly. To be called while nothing of
 * the school is under way.
 */
export async function revertSome(
  service: Service,
  pupil: Pupil,
  random: Random,
): Promise<number> {
  const { checked, reverted } = pupil;
  let count = 0;
  for (let i = 0; i < 1 + random.below(2); i++) {
    const open = [...checked].filter((id) => !reverted.has(id)).slice(-4);
    if (open.length === 0) return count;
    const id = random.pick(open);
    await revertOne(service, pupil, id, random);
    reverted.add(id);
    count++;
  }
  return count;
}

interface StudentJson {
  username: string;
  studentId: string;
  lastName: string | null;
  firstName: string | null;
  dob: string | null;
  onCampus: boolean;
  status: string;
}

/** Is this student as he must stand? */
export function standsAs(student: StudentJson, { values, isInactive }: Standing): boolean {
  return isDeepStrictEqual(
    [student.studentId, student.lastName, student.firstName, student.dob, student.onCampus],
    [
      values.studentId,
      values.lastName ?? null,
      values.firstName ?? null,
      values.dob ?? null,
      values.onCampus === "1",
    ],
  ) && (student.status === "inactive") === isInactive;
}

/**
 * Puts one of a school's last uploads back while a roster of it is under way.
 * @param send sends the roster, and resolves when its CLOSE was answered
 * @returns what the roster then comes to, to be called when it is completed
 */
export async function revertBeside(
  service: Service,
  { school, model, outbound, checked, reverted }: Pupil,
  random: Random,
  send: () => Promise<void>,
): Promise<((roster: Roster, upload: string) => Promise<Counts>) | undefined> {
  const open = [...checked].filter((id) => !reverted.has(id)).slice(-2);
  if (open.length === 0) return undefined;
  const id = random.pick(open);
  const wait = random.below(400);
  const revert = async () => {
    await new Promise((resolve) => setTimeout(resolve, wait));
    return (await insist(service, "POST", `/admin/uploads/${id}/revert`)).body;
  };
  const [answer] = await Promise.all([revert(), send()]);
  reverted.add(id);
  return async (roster, upload) => {
    const remains: { username: string; why: string }[] = await all(
      service,
      `/admin/uploads/${id}/revert`,
    );
    const since = new Set(
      remains.filter(({ why }) => why === "changed_since").map(({ username }) => username),
    );
    const students: StudentJson[] = await all(service, `/admin/schools/${school.slug}/students`);
    const stored = new Map(students.map((student) => [student.username, student]));
    const { counts, putBack } = model.race(
      { roster, upload },
      { reverted: id, since },
      (username) => outbound.wasVerified(username),
      (username, standing) => {
        const student = stored.get(username);
        return student && standing ? standsAs(student, standing) : student === standing;
      },
    );
    const { restored, removed, madeInactive } = answer;
    assert.deepEqual({ restored, removed, madeInactive }, putBack, `${id} beside ${upload}`);
    return counts;
  };
}

async function revertOne(
  service: Service,
  { school, model, outbound }: Pupil,
  id: string,
  random: Random,
): Promise<void> {
  const expected = model.revert(id, (username) => outbound.wasVerified(username));
  const callers = random.chance(0.3) ? 2 : 1;
  await Promise.all(Array.from({ length: callers }, async () => {
    const answer = await insist(service, "POST", `/admin/uploads/${id}/revert`);
    const { state, restored, removed, madeInactive } = answer.body;
    assert.equal(state, "reverted", id);
    assert.deepEqual({ restored, removed, madeInactive }, expected, `${school.slug}'s ${id}`);
  }));
  const upload = await insist(service, "GET", `/admin/uploads/${id}`);
  assert.equal(upload.body.state, "reverted", id);
}

/**
 * Once more changes nothing, unless it says that it would put back more; and the school's record says
 * of each upload once that it was put back.
 */
export async function nothingTwice(
  service: Service,
  { school, reverted }: Pupil,
): Promise<void> {
  for (const id of [...reverted].slice(-2)) {
    const path = `/admin/uploads/${id}/revert`;
    const before = await insist(service, "GET", path);
    if (before.body.again) continue;
    assert.deepEqual((await insist(service, "POST", path)).body, before.body, id);
  }
  const query = `school=${school.slug}&action=upload.reverted&limit=1000`;
  const { body } = await insist(service, "GET", `/admin/audit?${query}`);
  assert.equal(body.next ?? null, null);
  assert.equal(body.items.length, reverted.size, `${school.slug}'s record of reverts`);
}

/** All pages of a list. */
export async function all<Item>(service: Service, path: string): Promise<Item[]> {
  const items: Item[] = [];
  let after = "";
  do {
    const { status, body } = await service.admin("GET", `${path}?limit=1000${after}`);
    assert.equal(status, 200, JSON.stringify(body));
    items.push(...body.items);
    after = body.next ? `&cursor=${encodeURIComponent(body.next)}` : "";
  } while (after);
  return items;
}

/** Asks again until it is answered with success. */
async function insist(service: Service, method: string, path: string): Promise<Answer> {
  let answer: Answer | undefined;
  await until(async () => {
    answer = await service.admin(method, path).catch(() => undefined);
    return answer?.status === 200;
  }, `${method} ${path}`).catch((error) => {
    throw new Error(
      `${(error as Error).message}: ${answer?.status} ${JSON.stringify(answer?.body)}`,
    );
  });
  return answer!;
}
