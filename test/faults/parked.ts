/**
 * A file whose bytes are damaged while it waits: it steps aside, the school's later files go on, and an
 * administrator gives it up.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type School, type Service } from "../end-to-end/service.ts";
import { makeRoster, type Roster } from "./model.ts";
import type { Random } from "./random.ts";
import { damageNewest } from "./stored.ts";
import { until } from "../until.ts";

interface UploadJson {
  id: string;
  name: string;
  timeCode: string;
  state: string;
  sha256: string;
}

/** To be called while the network is good. */
export async function parkOne(service: Service, school: School, random: Random): Promise<void> {
  const damaged = makeRoster(random, 50 + random.below(100), 200);
  await service.worker.end("SIGKILL"); // so that the file waits
  await school.put("/inbound/damaged.csv", damaged.bytes);
  await service.bridge.end("SIGKILL");
  await damageNewest(join(service.folder, "bridge"));
  await Promise.all([service.restartWorker(), service.restartBridge()]);

  const good = makeRoster(random, 50, 200);
  await until(() => school.put("/inbound/later.csv", good.bytes).then(() => true, () => false));
  await stateOf(service, school, good, "completed");
  const { id } = await stateOf(service, school, damaged, "parked");

  const answer = await service.admin("POST", `/admin/uploads/${id}/discard`, { reason: "damaged" });
  assert.equal(answer.status, 202, JSON.stringify(answer.body));
  await stateOf(service, school, damaged, "discarded");
}

/** Waits until the upload of this roster is in the state. */
async function stateOf(service: Service, school: School, { sha256 }: Roster, state: string) {
  let found: UploadJson | undefined;
  await until(async () => {
    const { body } = await service.admin("GET", `/admin/schools/${school.slug}/uploads?limit=20`)
      .catch(() => ({ body: undefined }));
    found = body?.items?.find((item: UploadJson) => item.sha256 === sha256);
    return found?.state === state;
  }, `${school.slug}'s upload ${state}`);
  return found!;
}
