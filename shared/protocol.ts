/**
 * The wire between bridge and worker: one schema for each body and each answer, used by both sides.
 * Every call is made by the bridge, with `Authorization: Bearer <BRIDGE_TOKEN>`.
 */
import * as v from "valibot";

/** A school's number in the database; it never changes and is never used again. */
export const SchoolId = v.pipe(v.number(), v.integer(), v.minValue(1), v.brand("SchoolId"));
export type SchoolId = v.InferOutput<typeof SchoolId>;

/** An upload's id: a UUID that the bridge makes when it accepts a file. */
export const UploadId = v.pipe(v.string(), v.uuid(), v.brand("UploadId"));
export type UploadId = v.InferOutput<typeof UploadId>;

/** An export's id: a UUID that the worker makes. */
export const ExportId = v.pipe(v.string(), v.uuid(), v.brand("ExportId"));
export type ExportId = v.InferOutput<typeof ExportId>;

/** An instant, ISO 8601 UTC. */
export const Instant = v.pipe(v.string(), v.isoTimestamp());
const ByteCount = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Who sent or fetched a file: the key, where from, and the client's own name for itself. */
export const Sender = v.object({
  fingerprint: v.string(),
  address: v.string(),
  client: v.string(),
});
export type Sender = v.InferOutput<typeof Sender>;

// POST /bridge/sync

/** A school as the bridge needs it to let its people in. */
export const DirectorySchool = v.object({
  id: SchoolId,
  slug: v.string(),
  /** Only keys that are not revoked; the bridge looks at `expiresAt` at each login. */
  keys: v.array(v.object({
    /** `SHA256:<base64 without padding>`, as `ssh-keygen -l` prints it. */
    fingerprint: v.string(),
    /** The key's SSH wire form, base64: the second word of an OpenSSH public-key line. */
    publicKey: v.string(),
    expiresAt: v.nullable(Instant),
  })),
});
export type DirectorySchool = v.InferOutput<typeof DirectorySchool>;

/** All schools and their keys; `version` changes whenever anything in it does. */
export const Directory = v.object({
  version: v.pipe(v.number(), v.integer()),
  schools: v.array(DirectorySchool),
});
export type Directory = v.InferOutput<typeof Directory>;

/** What a file in a home looks like now, or that it is gone. */
export const FileState = v.picklist(["partial", "complete", "processing", "removed"]);
export type FileState = v.InferOutput<typeof FileState>;

const eventFields = { id: v.pipe(v.string(), v.uuid()), at: Instant, schoolId: SchoolId };

/** Something that happened on the bridge. `id` makes handing it over twice harmless. */
export const LedgerEvent = v.variant("type", [
  v.object({ ...eventFields, type: v.literal("login"), sender: Sender }),
  v.object({
    ...eventFields,
    type: v.literal("file"),
    /** Absolute in the home: `/inbound/roster.csv`. */
    path: v.string(),
    state: FileState,
    size: ByteCount,
    sender: v.nullable(Sender),
  }),
  v.object({
    ...eventFields,
    type: v.literal("download"),
    path: v.string(),
    exportId: v.nullable(ExportId),
    sender: Sender,
  }),
]);
export type LedgerEvent = v.InferOutput<typeof LedgerEvent>;

/** Something the worker wants of the bridge; repeated in each answer until it is done. */
export const Command = v.variant("type", [
  v.object({
    id: v.pipe(v.string(), v.uuid()),
    type: v.literal("deliver"),
    schoolId: SchoolId,
    exportId: ExportId,
    /** The file's name in `/outbound`. */
    name: v.string(),
  }),
]);
export type Command = v.InferOutput<typeof Command>;

export const CommandDone = v.object({ id: v.pipe(v.string(), v.uuid()), at: Instant });
export type CommandDone = v.InferOutput<typeof CommandDone>;

/** At most so many events and so many acknowledgements go in one sync. */
export const SYNC_EVENTS = 500;

export const SyncRequest = v.object({
  /** The version of the directory the bridge has; `null` when it has none. */
  directoryVersion: v.nullable(v.number()),
  events: v.pipe(v.array(LedgerEvent), v.maxLength(SYNC_EVENTS)),
  done: v.pipe(v.array(CommandDone), v.maxLength(SYNC_EVENTS)),
});
export type SyncRequest = v.InferOutput<typeof SyncRequest>;

export const SyncAnswer = v.object({
  /** Only when it differs from what the bridge has. */
  directory: v.optional(Directory),
  commands: v.array(Command),
});
export type SyncAnswer = v.InferOutput<typeof SyncAnswer>;

// POST /bridge/uploads, PUT /bridge/uploads/:id/slices/:offset

export const UploadAnnouncement = v.object({
  id: UploadId,
  schoolId: SchoolId,
  /** The name the school gave it: `roster.csv`. */
  name: v.string(),
  timeCode: v.string(),
  acceptedAt: Instant,
  size: ByteCount,
  /** Of the uploaded bytes, lower-case hexadecimal. */
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  sender: Sender,
});
export type UploadAnnouncement = v.InferOutput<typeof UploadAnnouncement>;

export const UploadState = v.picklist(["accepted", "processing", "completed", "rejected"]);
export type UploadState = v.InferOutput<typeof UploadState>;

/**
 * Where an upload stands: the answer to an announcement and to each slice. With status 409 it
 * answers a slice that was not the next one. While `state` is `accepted` or `processing` the bridge
 * goes on from `offset`; an empty file takes one empty slice at 0.
 */
export const UploadPosition = v.object({
  state: UploadState,
  /** The next byte the worker wants. */
  offset: ByteCount,
  /** How many records were rejected so far; more than 0 at the end: there is a `.rejected` file. */
  rejected: v.pipe(v.number(), v.integer(), v.minValue(0)),
});
export type UploadPosition = v.InferOutput<typeof UploadPosition>;

// GET /bridge/uploads/:id/report, GET /bridge/uploads/:id/rejected, GET /bridge/exports/:id/file
// answer text/csv, streamed.
