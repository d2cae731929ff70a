/**
 * A school that is deleted while everything else goes on: a round's own school uploads, is deleted, and
 * at the end of the round nothing of it is left, and its name and its key may be had again.
 */
import assert from "node:assert/strict";
import { type School, type Service } from "../end-to-end/service.ts";
import { makeRoster } from "./model.ts";
import type { Random } from "./random.ts";
import { until } from "../until.ts";

export interface Leaving {
  school: School;
}

/** A school that will be deleted; made while the network is good. */
export async function arrive(service: Service, round: number): Promise<Leaving> {
  return { school: await service.addSchool(`leaving-${round}`) };
}

/** Uploads, and is deleted, at a moment when its roster may be anywhere. */
export async function leave(service: Service, { school }: Leaving, random: Random): Promise<void> {
  const { bytes } = makeRoster(random, 20 + random.below(100), 200);
  await until(() => school.put("/inbound/roster.csv", bytes).then(() => true, () => false));
  await new Promise((resolve) => setTimeout(resolve, random.below(200)));
  const path = `/admin/schools/${school.slug}?confirm=${school.slug}`;
  await until(async () => {
    const { status } = await service.admin("DELETE", path).catch(() => ({ status: 0 }));
    return (status >= 200 && status < 300) || status === 404;
  }, `DELETE ${path}`);
}

/** When it is gone, its name is nobody's and it may not come in. */
export async function isGone(service: Service, { school }: Leaving): Promise<void> {
  await until(async () => {
    const { status } = await service.admin("GET", `/admin/schools/${school.slug}`);
    return status === 404;
  }, `${school.slug} gone from its bridge too`);
  await assert.rejects(school.names());
}
