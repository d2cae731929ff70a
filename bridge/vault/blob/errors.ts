/** What can be wrong with a blob, as types that the home, the relay and `verify` tell apart. */

/** The write would make the blob larger than it may be; nothing of it was written. */
export class BlobTooLarge extends Error {
  override readonly name = "BlobTooLarge";
  constructor(readonly maxBytes: number) {
    super(`A file may have at most ${maxBytes} bytes; what was written before is kept.`);
  }
}

/** There is no such blob, or it was never begun: a crash came between its name and its header. */
export class BlobMissing extends Error {
  override readonly name = "BlobMissing";
  constructor(readonly id: string) {
    super(`Blob ${id} has no bytes on disk.`);
  }
}

/** Bytes that were once durable are not what was written, or the key is not the blob's. */
export class BlobDamaged extends Error {
  override readonly name = "BlobDamaged";
  constructor(readonly id: string, what: string) {
    super(`Blob ${id} is damaged: ${what}.`);
  }
}
