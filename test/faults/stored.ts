/** What the bridge's folder holds, looked at from outside: orphans, and damage done to one file. */
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import Database from "libsql";

/** Blobs that are kept and belong to no file: what a school deleted, and is still there. */
export async function orphans(dataDir: string): Promise<string[]> {
  const kept = await blobFiles(join(dataDir, "blobs"));
  return withCatalog(dataDir, (database) => {
    const all = (sql: string) => database.prepare(sql).raw().all([]).flat() as string[];
    const named = new Set(all("SELECT blob FROM files"));
    return [...kept, ...all("SELECT blob FROM small_blobs")].filter((blob) => !named.has(blob));
  });
}

/** Turns one bit of the file that was made last; only while no bridge runs. */
export async function damageNewest(dataDir: string): Promise<void> {
  const blob = withCatalog(dataDir, (database) => {
    const newest = database.prepare("SELECT blob FROM files ORDER BY id DESC LIMIT 1").get([]);
    const { blob } = newest as { blob: string };
    const small = database.prepare("SELECT sealed FROM small_blobs WHERE blob = ?").get([blob]);
    if (!small) return blob;
    const sealed = Buffer.from((small as { sealed: Uint8Array }).sealed);
    sealed[Math.floor(sealed.length / 2)]! ^= 1;
    database.prepare("UPDATE small_blobs SET sealed = ? WHERE blob = ?").run([sealed, blob]);
    return undefined;
  });
  if (blob === undefined) return;
  await using file = await open(join(dataDir, "blobs", blob.slice(0, 2), blob), "r+");
  const middle = Math.floor((await file.stat()).size / 2);
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, middle);
  byte[0]! ^= 1;
  await file.write(byte, 0, 1, middle);
}

function withCatalog<Result>(
  dataDir: string,
  work: (database: Database.Database) => Result,
): Result {
  const database = new Database(join(dataDir, "catalog.db"), { timeout: 5_000 });
  try {
    return work(database);
  } finally {
    database.close();
  }
}

async function blobFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}
