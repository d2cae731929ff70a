/** `npm run bench`: every figure against something measured in the same run, as a table. */
import { benchCsv, csvTable } from "./csv.ts";
import { benchInbound, machine } from "./inbound.ts";

console.log(`Measured on ${machine}.\n`);
console.log(csvTable(benchCsv(50_000)));
const figures = await benchInbound();
console.log("\n| figure | measured | must |\n| --- | --- | --- |");
for (const { what, measured, must } of figures) console.log(`| ${what} | ${measured} | ${must} |`);
