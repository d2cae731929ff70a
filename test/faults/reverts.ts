/**
 * Uploads that are put back by an administrator, while worker, bridge and database are killed: a call
 * that was cut off is made again, and each upload is put back once.
 */
import assert from "node:assert/strict";
import { type Answer, type School, type Service, until } from "../end-to-end/service.ts";
import type { Model } from "./model.ts";
import type { Outbound } from "./outbound.ts";
import type { Random } from "./random.ts";

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

/** Once more changes nothing, and the school's record says of each upload once that it was put back. */
export async function nothingTwice(
  service: Service,
  { school, reverted }: Pupil,
): Promise<void> {
  for (const id of [...reverted].slice(-2)) {
    const path = `/admin/uploads/${id}/revert`;
    const before = await insist(service, "GET", path);
    assert.deepEqual((await insist(service, "POST", path)).body, before.body, id);
  }
  const query = `school=${school.slug}&action=upload.reverted&limit=1000`;
  const { body } = await insist(service, "GET", `/admin/audit?${query}`);
  assert.equal(body.next ?? null, null);
  assert.equal(body.items.length, reverted.size, `${school.slug}'s record of reverts`);
}

/** Asks again until it is answered with success. */
async function insist(service: Service, method: string, path: string): Promise<Answer> {
  let answer: Answer | undefined;
  await until(async () => {
    answer = await service.admin(method, path).catch(() => undefined);
    return answer?.status === 200;
  }, { what: `${method} ${path}` }).catch((error) => {
    throw new Error(
      `${(error as Error).message}: ${answer?.status} ${JSON.stringify(answer?.body)}`,
    );
  });
  return answer!;
}
