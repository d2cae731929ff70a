/**
 * The fault-injecting run: `npm run test:faults [-- --rounds 500 --seed 1]`.
 *
 * In each round a few schools upload small rosters, some of them packed, while worker, bridge or
 * database (sqld) is killed with SIGKILL at a random moment, and calls between them are dropped,
 * delayed, cut off, sent twice or replayed. Then the network is good again, and everything is
 * checked: each accepted upload has one report, its counts equal an independent recount, the students
 * are what they must be, and `.original` and `.rejected` are right to the byte. In every other round
 * uploads are put back under the same faults, one of them while a roster of the school is under way. A
 * receiver of webhooks that is not to be relied on is told of each state once. Seeded: the same seed makes the same faults, as far as
 * the machine's timing lets it.
 */
import { parseArgs } from "node:util";
import { faultRun } from "./rounds.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "500" },
    seed: { type: "string", default: "1" },
  },
});

const totals = await faultRun({
  rounds: Number(values.rounds),
  seed: Number(values.seed),
  progress: (line) => console.log(line),
});
console.log(totals);
