/** A worker that has what the golden calls are about: a school, two keys, four commands. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command, SchoolId, UploadId } from "../../shared/protocol.ts";
import { openDatabase } from "../../worker/database/client.ts";
import { migrate } from "../../worker/database/migrate.ts";
import { askFor } from "../../worker/database/school/commands.ts";
import { type AppUnderTest, appUnderTest } from "../worker/app-under-test.ts";

const keys = [
  "ssh-rsa " +
  "AAAAB3NzaC1yc2EAAAADAQABAAABAQCiLK277Wa+W3zJ75Q/ZoTmjgdH+wTd4KQSVPDZ4Y5rxwH3bPHf" +
  "q2KKnzHAyfskUT1xVOuRWfnJrKoMRrDB4+aGUq/KK0YrJByN8l9R2EgGhC9PTsg38OnMepm+G4mq7f2/" +
  "GGWm9SLMdvpIoVl7H7y9/KjJDnc9jOMcZP1IUi74KZ3Yf40z9M2g1Mu1vwGqtf0EQL12XvQjosQP+XsJ" +
  "dn7hPXZwh7RBKj15GcR/6hzZ67/Ydy38CDeKB+364XNhY2KQx3o8bExbbkwRv1puHdG2HtmBWJvsgngh" +
  "xzhxzHyB8XdVEydAzaBQ0feuOJpdPvbQz9WhdcMS12rn6IJ3TihB",
  "ssh-rsa " +
  "AAAAB3NzaC1yc2EAAAADAQABAAABAQDJ8Js3ec2hp2PACd8JOOLniTGxH7u77qvoMaFoDDl0OHAwpFAZ" +
  "tZ7Cuigs4fcG/VZU7CN6QSHXwzAgWC594CTXuGWq0rMTAaMMtKJAX6SoRnGLOpolCUCv6PZSmaOb66fa" +
  "wLjV+Uivp9++thaZM1sHDuL7HquliRlTELeJHDWlVs1qfl38vPmQl4C/Ofh6S3W6SBiUmTers9veP+IA" +
  "nugcREg8d/lgLYEx/ZgFH7JxHbcZhzBPZddYP5yzC7AMXFDwuMvILPyXew2E5XlD5NqLCsDN/73OXsuN" +
  "SF3mckgstEpkuKLAwDEpH+h44LYLCaEai2O2WdamudQ2Nbg2uXVh",
];
const uuid = (number: number) => `0b1d9e60-0000-4000-8000-${String(number).padStart(12, "0")}`;
const schoolId = 1 as SchoolId;

const commands: Command[] = [
  {
    ...{ id: uuid(1), schoolId, type: "deliver", folder: "/outbound", name: "verified.csv" },
    ...{ href: `/bridge/exports/${uuid(8)}/file`, exportId: null },
  },
  { id: uuid(2), schoolId, type: "purge" },
  { id: uuid(3), schoolId, type: "remove", path: "/inbound/old.csv" },
  { id: uuid(4), schoolId, type: "resume", uploadId: uuid(7) as string as UploadId },
];

export interface GoldenWorker extends AsyncDisposable {
  app: AppUnderTest;
}

export async function goldenWorker(): Promise<GoldenWorker> {
  const folder = await mkdtemp(join(tmpdir(), "rosterbridge-golden-"));
  const database = await openDatabase({ url: `file:${join(folder, "worker.db")}` });
  const app = appUnderTest(database);
  const now = new Date(app.clock.now).toISOString();
  await migrate(database, now);
  await app.admin("POST", "/admin/schools", { slug: "oak", name: "Oak College" });
  const school = "/admin/schools/oak";
  const expiresAt = "2027-11-22T00:00:00.000Z";
  await app.admin("POST", `${school}/keys`, { publicKey: keys[0], label: "now", expiresAt });
  const { body: old } = await app.admin("POST", `${school}/keys`, { publicKey: keys[1] });
  await app.admin("DELETE", `${school}/keys/${encodeURIComponent(old.fingerprint)}`);
  await database.batch([
    ...commands.map((command) => askFor(command, "default", now)),
    // It counts from when the database was made.
    "UPDATE directory SET version = 1000000003",
  ], "write");
  return {
    app,
    async [Symbol.asyncDispose]() {
      database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
