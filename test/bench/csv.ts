/**
 * Our scanner against papaparse and csv-parse, on the same roster in one run:
 *
 *     node --import tsx test/bench/csv.ts [rows]
 *
 * Ours reads bytes in slices of 512 KiB, as the worker does; the others get what suits them best,
 * the whole text (papaparse) and the whole bytes (csv-parse). Each figure is the best of the rounds.
 */
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parse } from "csv-parse/sync";
import Papa from "papaparse";
import { scan } from "../../shared/csv/csv.ts";
import { makeRoster } from "../../scripts/made-roster.ts";

const SLICE_BYTES = 512 * 1024;

export interface CsvBench {
  rows: number;
  bytes: number;
  /** Milliseconds for the whole roster. */
  ours: number;
  papaparse: number;
  csvParse: number;
}

/** Times the three parsers in turn; each must find every row. */
export function benchCsv(rows = 50_000, rounds = 7): CsvBench {
  const bytes = new TextEncoder().encode(makeRoster(rows));
  const parsers = {
    ours: () => scanInSlices(bytes),
    papaparse: () => Papa.parse<string[]>(new TextDecoder().decode(bytes), papaOptions).data.length,
    csvParse: () => parse(bytes, { bom: true }).length,
  };
  const best = { ours: Infinity, papaparse: Infinity, csvParse: Infinity };
  for (let round = 0; round < rounds; round++) {
    for (const name of ["ours", "papaparse", "csvParse"] as const) {
      collect();
      const start = performance.now();
      const found = parsers[name]();
      best[name] = Math.min(best[name], performance.now() - start);
      if (found !== rows + 1) throw new Error(`${name} found ${found} records, not ${rows + 1}`);
    }
  }
  return { rows, bytes: bytes.length, ...best };
}

/** Nobody pays for the garbage of the parser before. */
const collect = (() => {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
})();

const papaOptions = { delimiter: ",", skipEmptyLines: true } as const;

function scanInSlices(bytes: Uint8Array): number {
  let records = 0;
  let insideLine = false;
  for (let offset = 0, line = 1; offset < bytes.length;) {
    const end = Math.min(offset + SLICE_BYTES, bytes.length);
    const last = end === bytes.length;
    const found = scan(bytes.subarray(offset, end), { line, last, columns: 9, insideLine });
    records += found.records.length;
    offset += found.consumed;
    line = found.nextLine;
    insideLine = found.insideLine;
  }
  return records;
}

/** The figures as a table, ours against each of the others. */
export function csvTable(bench: CsvBench): string {
  const megabytes = (bench.bytes / 1e6).toFixed(1);
  const row = (name: string, milliseconds: number) =>
    `| ${name} | ${milliseconds.toFixed(1)} ms | ${(milliseconds / bench.ours).toFixed(2)} |`;
  return [
    `| scan of ${bench.rows} rows, ${megabytes} MB | time | over ours |`,
    "| --- | --- | --- |",
    row("shared/csv.ts", bench.ours),
    row("papaparse", bench.papaparse),
    row("csv-parse", bench.csvParse),
  ].join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const bench = benchCsv(Number(process.argv[2] ?? 50_000));
  console.log(csvTable(bench));
  if (bench.ours > bench.papaparse) process.exitCode = 1;
}
