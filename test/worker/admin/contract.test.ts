import { test } from "node:test";
import { adminToken, appUnderTest } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";
import { keepsItsContract } from "./contract.ts";

eachDatabase("every answer keeps to the document", (database) => {
  test("each described request, on this runtime", async () => {
    const { app } = appUnderTest(database().client);
    await keepsItsContract({
      fetch: async (path, init) => await app.fetch(new Request(`http://worker.test${path}`, init)),
      token: adminToken,
      database: database().client,
    });
  });
}, { only: ["file:", "http:"] });
