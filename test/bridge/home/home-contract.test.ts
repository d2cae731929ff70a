// The contract of `Home`, held by the real one and by the one that the protocol's tests stand on.
import { MemoryHome } from "../sftp/memory-home.ts";
import { homeContract } from "./home-contract.ts";
import { testHomes } from "./keeper.ts";

homeContract("a home in memory", (work) => work(new MemoryHome()));

homeContract("a school's home", async (work) => {
  await using homes = await testHomes();
  await work(homes.home());
});
