/**
 * The wire between bridge and worker: one schema for each body and each answer, used by both sides.
 * Every call is made by the bridge, with `Authorization: Bearer <its token>` and the two headers below.
 *
 * It can evolve: a reader takes what it does not know for what it is, so objects may have further
 * members, states are text, commands are read one by one, and no reader has the limits of a sender.
 * Golden calls of each protocol are kept in test/golden.
 */
import * as v from "valibot";

/** What this code speaks. It grows when a reader of the one before would misunderstand. */
export const PROTOCOL = 1;
/** Every call and every answer of the worker says its protocol. */
export const PROTOCOL_HEADER = "rosterbridge-protocol";
/** Every call says which bridge asks: the UUID it gave itself when its catalog was made. */
export const BRIDGE_HEADER = "rosterbridge-bridge";
/** A slice says whose upload it is, so that the worker need not ask first; older bridges do not say. */
export const SCHOOL_HEADER = "rosterbridge-school";

/** A whole number that the database gives back as it was told: one beyond 2^53 could never be read again. */
const Whole = v.pipe(v.number(), v.safeInteger());
const Count = v.pipe(Whole, v.minValue(0));

/** A school's number in the database; it never changes and is never used again. */
export const SchoolId = v.pipe(Whole, v.minValue(1), v.brand("SchoolId"));
export type SchoolId = v.InferOutput<typeof SchoolId>;

/** An upload's id: a UUID that the bridge makes when it accepts a file. */
export const UploadId = v.pipe(v.string(), v.uuid(), v.brand("UploadId"));
export type UploadId = v.InferOutput<typeof UploadId>;

/** An export's id: a UUID that the worker makes. */
export const ExportId = v.pipe(v.string(), v.uuid(), v.brand("ExportId"));
export type ExportId = v.InferOutput<typeof ExportId>;

/** An instant, ISO 8601 UTC. */
export const Instant = v.pipe(v.string(), v.isoTimestamp());
const Uuid = v.pipe(v.string(), v.uuid());

/** Who sent or fetched a file: the key, where from, and the client's own name for itself. */
export const Sender = v.object({
  fingerprint: v.string(),
  address: v.string(),
  client: v.string(),
});
export type Sender = v.InferOutput<typeof Sender>;

/** Why a login was refused; a newer bridge may know other reasons. */
export type LoginRefusal =
  | "school_unknown"
  | "school_suspended"
  | "key_unknown"
  | "key_revoked"
  | "key_expired"
  | "address_foreign"
  | "key_type"
  | "key_malformed"
  | "key_short"
  | "sha1"
  | "signature"
  | "method"
  /** It went away in the middle. */
  | "unfinished";

// The directory

/** Networks that a login must come from, such as `192.0.2.0/24`; none: it may come from anywhere. */
const AllowedAddresses = v.optional(v.array(v.string()));

const DirectoryKey = v.object({
  /** `SHA256:<base64 without padding>`, as `ssh-keygen -l` prints it. */
  fingerprint: v.string(),
  /** The key's SSH wire form, base64: the second word of an OpenSSH public-key line. */
  publicKey: v.string(),
  expiresAt: v.nullable(Instant),
  allowedAddresses: AllowedAddresses,
});

/** Which files of a school are taken, and what they are. */
export const DirectoryLane = v.object({
  /** What the worker calls it: `roster`. */
  lane: v.string(),
  /** File names it takes, with `*` for any characters, compared without letter case: `*.csv`. */
  patterns: v.array(v.string()),
  /**
   * Names of files that it takes packed. A bridge of an older version leaves them alone, and so does
   * any bridge that does not know how they are packed.
   */
  packed: v.optional(v.array(v.object({
    pattern: v.string(),
    /** `gzip`, or `zip`: an archive with one file. */
    as: v.string(),
    /** What the file in the archive may be called. */
    entry: v.optional(v.string(), "*"),
  }))),
});
export type DirectoryLane = v.InferOutput<typeof DirectoryLane>;

/** A school as the bridge needs it to let its people in. */
export const DirectorySchool = v.object({
  id: SchoolId,
  slug: v.string(),
  /** Only keys that open a session; the bridge looks at `expiresAt` at each login. */
  keys: v.array(DirectoryKey),
  /** Keys that were revoked, so that the log can say why a login was refused. */
  revoked: v.optional(v.array(v.object({ fingerprint: v.string(), publicKey: v.string() })), []),
  /** Nobody of the school gets in, and `keys` is empty. */
  suspended: v.optional(v.boolean(), false),
  /** For all its keys. */
  allowedAddresses: AllowedAddresses,
  /** The first that takes a name has it. */
  lanes: v.optional(v.array(DirectoryLane), [{ lane: "roster", patterns: ["*.csv"] }]),
});
export type DirectorySchool = v.InferOutput<typeof DirectorySchool>;

/** The bridge's schools and their keys; `version` changes whenever anything in it does. */
export const Directory = v.object({
  version: Whole,
  schools: v.array(DirectorySchool),
});
export type Directory = v.InferOutput<typeof Directory>;

// POST /bridge/events

const eventFields = {
  id: Uuid,
  at: Instant,
  schoolId: SchoolId,
  /** The upload it is about, where there is one. */
  uploadId: v.nullish(UploadId, null),
  /** Why it was so, in words, where that is worth telling. */
  why: v.nullish(v.string(), null),
};

/** Something that happened on the bridge. */
export const LedgerEvent = v.variant("type", [
  v.object({
    ...eventFields,
    type: v.literal("login"),
    sender: Sender,
    /** So many more since the one told before, within a minute. */
    count: v.optional(Count, 1),
  }),
  /** Logins that were refused within a minute, of one address, name, key and reason. */
  v.object({
    ...eventFields,
    type: v.literal("refusal"),
    /** A `LoginRefusal`; a newer bridge may know others. */
    reason: v.string(),
    address: v.string(),
    client: v.string(),
    /** The name that was given; `null` where it could be no school's. */
    slug: v.nullable(v.string()),
    fingerprint: v.nullable(v.string()),
    count: Count,
    /** When the first of them was. */
    since: Instant,
  }),
  v.object({
    ...eventFields,
    type: v.literal("file"),
    /** Absolute in the home: `/inbound/roster.csv`. */
    path: v.string(),
    /** A `ToldState` (told-state.ts); a newer bridge may know others. */
    state: v.string(),
    size: Count,
    /** Who sent it; of one that is gone whose session removed or moved it. `null`: the service. */
    sender: v.nullable(Sender),
  }),
  v.object({
    ...eventFields,
    type: v.literal("download"),
    path: v.string(),
    exportId: v.nullable(ExportId),
    sender: Sender,
  }),
  v.object({
    ...eventFields,
    type: v.literal("storage_key"),
    /** Of the school's key: new files are under it. */
    version: Count,
    /** `rotating`: older files are being copied under it. `current`: they are, older versions are gone. */
    state: v.string(),
    filesLeft: Count,
  }),
]);
export type LedgerEvent = v.InferOutput<typeof LedgerEvent>;

/**
 * The school of what strangers did, which is of none: a number that no school ever has, as every
 * reader wants one, and an older worker passes over what is told of a school it does not know.
 */
export const NO_SCHOOL = Number.MAX_SAFE_INTEGER as SchoolId;

/** What every event has, also one of a type that the reader does not know. */
export const AnyEvent = v.looseObject({ ...eventFields, type: v.string() });
export type AnyEvent = v.InferOutput<typeof AnyEvent>;

/**
 * An event as it is handed over. Its hash is the SHA-256, lower-case hexadecimal, of
 * `number`, `previous` and `text`, with a line feed between; `previous` is the hash of the one before.
 */
export const ToldEvent = v.object({
  /** Counts the events of this bridge; the order of events is the order of their numbers. */
  number: v.pipe(Whole, v.minValue(1)),
  previous: v.string(),
  /** The event as JSON, byte for byte as the bridge keeps it. */
  text: v.string(),
});
export type ToldEvent = v.InferOutput<typeof ToldEvent>;

/** What became of a command: `done`, `failed` for good, `not_understood`. */
export type Outcome = "done" | "failed" | "not_understood";

export const CommandDone = v.object({
  id: Uuid,
  at: Instant,
  /** An `Outcome`; what the reader does not know is no `done`. */
  outcome: v.optional(v.string(), "done"),
  why: v.nullish(v.string(), null),
});
export type CommandDone = v.InferOutput<typeof CommandDone>;

/** A bridge hands over at most so many events, and so many acknowledgements, in one call. */
export const EVENTS_AT_ONCE = 500;

export const EventsRequest = v.object({
  events: v.array(ToldEvent),
  done: v.array(CommandDone),
});
export type EventsRequest = v.InferOutput<typeof EventsRequest>;

export const EventsAnswer = v.object({
  /** The highest number that the worker has of this bridge's events; 0: it has none. */
  through: Count,
});
export type EventsAnswer = v.InferOutput<typeof EventsAnswer>;

// POST /bridge/listen

const commandFields = { id: Uuid, schoolId: SchoolId };

/** Something the worker wants of the bridge; asked for until it is acknowledged. */
export const Command = v.variant("type", [
  /** Put a file of the worker's into the home. */
  v.object({
    ...commandFields,
    type: v.literal("deliver"),
    folder: v.string(),
    name: v.string(),
    href: v.string(),
    exportId: v.nullish(ExportId, null),
  }),
  /** Take a file out of the home. */
  v.object({
    ...commandFields,
    type: v.literal("remove"),
    path: v.string(),
    /** For the ledger; an administrator who asked for this one file gave none. */
    why: v.optional(v.string()),
  }),
  /** Forget the school: its files, its uploads, its keys. */
  v.object({ ...commandFields, type: v.literal("purge") }),
  /** Ask again about an upload that was held or parked. */
  v.object({ ...commandFields, type: v.literal("resume"), uploadId: UploadId }),
  /** Make a new version of the school's storage key, and bring its files under it. */
  v.object({ ...commandFields, type: v.literal("rotate_key") }),
]);
export type Command = v.InferOutput<typeof Command>;

/** What every command has, also one of a type that the reader does not know. */
export const AnyCommand = v.looseObject({ id: Uuid, type: v.string() });
export type AnyCommand = v.InferOutput<typeof AnyCommand>;

/** An address, or the first 64 bits of an IPv6 one, that a bridge shuts out for a while. */
export const Ban = v.object({
  source: v.string(),
  since: Instant,
  until: Instant,
  /** Connections from there that failed to log in. */
  failures: Count,
});
export type Ban = v.InferOutput<typeof Ban>;

/** A bridge tells of at most so many bans. */
export const BANS_AT_ONCE = 1000;

/** The longest that a listening call waits, in milliseconds. */
export const LONGEST_LISTEN_MS = 30_000;

/** Where schools come in: what an administrator tells them. */
export const FrontDoor = v.object({
  /** `host:port` as the operator says it is reached; `null`: nobody said. */
  address: v.nullable(v.string()),
  /** Fingerprints of the host keys that are shown, as `ssh-keygen -l` prints them. */
  hostKeys: v.array(v.string()),
});
export type FrontDoor = v.InferOutput<typeof FrontDoor>;

export const ListenRequest = v.object({
  /** The version of the directory the bridge has; `null` when it has none. */
  directoryVersion: v.nullable(v.number()),
  /** The commands the bridge has in hand; it wants to hear of others. */
  commands: v.array(v.string()),
  /** How many more it takes. */
  room: Count,
  /**
   * Made anew at each start of the bridge: so the worker notices two that call with one token, and asks
   * again for what an older build may not have understood.
   */
  run: v.optional(v.string()),
  /** How long the worker may wait for news before it answers that there are none. */
  waitMs: Count,
  /** A bridge that does not say it is an older one. */
  door: v.optional(FrontDoor),
  /** The bans in force, where there are some; the newest, at most {@link BANS_AT_ONCE}. */
  bans: v.optional(v.array(Ban)),
});
export type ListenRequest = v.InferOutput<typeof ListenRequest>;

export const ListenAnswer = v.object({
  /** Only when it differs from what the bridge has. */
  directory: v.optional(Directory),
  /** Each a `Command`, or one of a newer worker's. */
  commands: v.array(v.unknown()),
  /** Sources of the bridge's bans that are to be let in again. */
  liftBans: v.optional(v.array(v.string())),
});
export type ListenAnswer = v.InferOutput<typeof ListenAnswer>;

// POST /bridge/uploads, PUT /bridge/uploads/:id/slices/:offset?pass=&lane=

export const UploadAnnouncement = v.object({
  id: UploadId,
  schoolId: SchoolId,
  /** The lane that takes it, as the directory called it. */
  lane: v.optional(v.string(), "roster"),
  /** The name the school gave it: `roster.csv`. */
  name: v.string(),
  timeCode: v.string(),
  acceptedAt: Instant,
  /** Bytes that are sent in slices: of a packed file the expanded ones. */
  size: Count,
  /** How the file is packed, and how many bytes it is so. */
  packed: v.nullish(v.object({ as: v.string(), size: Count })),
  /** The file is packed and cannot be expanded, ever: a word for it, and a sentence. */
  unreadable: v.nullish(v.object({ code: v.string(), message: v.string() })),
  /** Of the uploaded bytes, lower-case hexadecimal; `null` when they cannot be read. */
  sha256: v.nullable(v.string()),
  /** `null`: nobody knows, such as after a catalog was put back. */
  sender: v.nullable(Sender),
  /** Why the bridge cannot send it: its bytes are damaged. */
  parked: v.nullish(v.string(), null),
});
export type UploadAnnouncement = v.InferOutput<typeof UploadAnnouncement>;

/** Every state an upload can have. */
export const uploadStates = [
  "accepted",
  "checking",
  "processing",
  "held",
  "parked",
  "completed",
  "rejected",
  "discarded",
  "reverted",
] as const;
export type UploadState = (typeof uploadStates)[number];

/** A file that comes of an upload or of a command: where it goes, and where its bytes are. */
export const Result = v.object({ folder: v.string(), name: v.string(), href: v.string() });
export type Result = v.InferOutput<typeof Result>;

/**
 * Where an upload stands: the answer to an announcement and to each slice. With status 409 it
 * answers a slice that was not the next one. While `state` is `accepted`, `checking` or `processing`
 * the bridge goes on from `offset`; an empty file takes one empty slice at 0. With `results` it is
 * done. Anything else: the upload steps aside until it is asked for again.
 */
export const UploadPosition = v.object({
  /** An `UploadState`; a newer worker may know others. */
  state: v.string(),
  /** Each pass reads the file from its beginning: `apply`. */
  pass: v.optional(v.string(), "apply"),
  /** The next byte the worker wants. */
  offset: Count,
  /** So many bytes the worker can take next; what it cannot take is sent in vain. */
  take: v.optional(Count),
  /** When it is done: what is to be put into the home. */
  results: v.optional(v.array(Result)),
  /** When it is held or parked: why. */
  why: v.optional(v.nullable(v.string())),
});
export type UploadPosition = v.InferOutput<typeof UploadPosition>;

// GET of what `href` names: the bytes of a result or a delivery, streamed.
