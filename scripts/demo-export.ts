/** The way out: some students are verified, an export is made, the school fetches it. */
import type { Admin } from "./demo-admin.ts";
import type { Session } from "./demo-school.ts";
import { retry } from "./retry.ts";

/** Students of the demo's roster whose rows nothing is wrong with. */
const verified = ["student1.10@college.edu", "student1.11@college.edu", "student1.12@college.edu"];

interface Export {
  name: string;
  state: string;
}

/** Shows the way of one export; what was not as expected, each difference in a line. */
export async function showExport(
  admin: Admin,
  session: Session,
  slug: string,
  say: (line: string) => void,
): Promise<string[]> {
  const path = `/admin/schools/${slug}`;
  await admin("POST", `${path}/verifications`, { usernames: verified, reviewer: "Ruth" });
  say(`Ruth verified ${verified.length} of the students, and an export was asked for.`);
  await admin("POST", `${path}/exports`);

  const name = await retry(async () => {
    const [name] = await session.names("/outbound");
    if (!name) throw new Error("/outbound is empty");
    return name;
  }, "the export");
  const text = (await session.download(`/outbound/${name}`)).toString();
  say(`/outbound/${name} is:`);
  for (const line of text.trimEnd().split("\r\n")) say(`  ${line}`);

  const receipt = await retry(async () => {
    const { items } = await admin<{ items: Export[] }>("GET", `${path}/exports`);
    const found = items.find((item) => item.name === name);
    if (found?.state !== "downloaded") throw new Error(`the export is ${found?.state}`);
    return found;
  }, "the receipt");
  say(`The administrator sees that the school has it: ${receipt.state}.`);

  const found = text.trimEnd().split("\r\n").slice(1).map((line) => line.split(",")[0]);
  return found.join() === verified.join()
    ? []
    : [`verified students: found ${found.join()}, expected ${verified.join()}`];
}
