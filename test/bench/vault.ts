/**
 * What the vault and the home take of an upload and a download, without SSH: in this process, through
 * the calls that the SFTP server makes. `node --import tsx test/bench/vault.ts`
 */
import { randomBytes } from "node:crypto";
import type { Home } from "../../bridge/home/home.ts";
import { testHomes, toRead, toWrite } from "../bridge/home/keeper.ts";

const MIB = 1024 * 1024;
const LARGE = 200 * MIB;
const SMALL_FILES = 1000;
const SMALL = 10 * 1024;

async function writeFile(home: Home, path: string, size: number, piece: Buffer): Promise<void> {
  const file = await home.open(path, toWrite);
  for (let offset = 0; offset < size; offset += piece.length) {
    await file.write(offset, piece.subarray(0, Math.min(piece.length, size - offset)));
  }
  await file.close();
}

async function readFile(home: Home, path: string, piece: number): Promise<number> {
  const file = await home.open(path, toRead);
  let offset = 0;
  for (;;) {
    const { length } = await file.read(offset, piece);
    if (length === 0) break;
    offset += length;
  }
  await file.close();
  return offset;
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
}

async function large(): Promise<void> {
  for (const [name, piece] of [["32 KiB", 32 * 1024], ["255 KiB", 255 * 1024]] as const) {
    await using homes = await testHomes({ maxUploadBytes: 2 * LARGE });
    const home = homes.home();
    const bytes = randomBytes(piece);
    const puts: number[] = [];
    const gets: number[] = [];
    for (let round = 0; round < 3; round++) {
      puts.push(await milliseconds(() => writeFile(home, "/inbound/large.bin", LARGE, bytes)));
      gets.push(await milliseconds(() => readFile(home, "/inbound/large.bin", piece)));
    }
    console.log(
      `200 MiB in pieces of ${name}: put ${median(puts).toFixed(0)} ms, get ${
        median(gets).toFixed(0)
      } ms`,
    );
  }
}

async function small(): Promise<void> {
  await using homes = await testHomes();
  const home = homes.home();
  const bytes = randomBytes(SMALL);
  const names = Array.from({ length: SMALL_FILES }, (_, number) => `/inbound/${number}.bin`);
  const put = await milliseconds(async () => {
    for (const name of names) await writeFile(home, name, SMALL, bytes);
  });
  const get = await milliseconds(async () => {
    for (const name of names) await readFile(home, name, 32 * 1024);
  });
  console.log(
    `1,000 files of 10 KiB: put ${put.toFixed(0)} ms, get ${
      get.toFixed(0)
    } ms, one after the other`,
  );
}

/** SPEC 3: one school never slows another down. */
async function besides(): Promise<void> {
  await using homes = await testHomes();
  const quiet = homes.home(2);
  for (let number = 0; number < 20; number++) {
    await writeFile(quiet, `/inbound/${number}.bin`, 100, Buffer.alloc(100));
  }
  const look = async () => {
    const reader = await quiet.list("/inbound");
    while ((await reader.page(100)).length > 0);
  };
  const looks = async (until: () => boolean) => {
    const times: number[] = [];
    while (!until()) {
      times.push(await milliseconds(look));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return times;
  };
  const end = Date.now() + 1500;
  const idle = await looks(() => Date.now() > end);
  let busy = true;
  const bytes = randomBytes(SMALL);
  const writing = (async () => {
    const home = homes.home(1);
    for (let number = 0; number < SMALL_FILES; number++) {
      await writeFile(home, `/inbound/${number}.bin`, SMALL, bytes);
    }
    busy = false;
  })();
  const beside = await looks(() => !busy);
  await writing;
  const ninth = (times: number[]) => times.toSorted((a, b) => a - b)[(times.length * 0.99) | 0]!;
  console.log(
    `ls of another school: idle ${median(idle).toFixed(2)} ms (p99 ${ninth(idle).toFixed(2)}), ` +
      `beside 1,000 small files ${median(beside).toFixed(2)} ms (p99 ${ninth(beside).toFixed(2)})`,
  );
}

await large();
await small();
await besides();
