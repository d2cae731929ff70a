/**
 * A keyring whose master key was made in a PKCS#11 token (an HSM) and never leaves it: the token itself
 * encrypts the schools' keys and decrypts them again, with AES-256-GCM. A token that is away may come
 * back; it is connected to anew at the next asking.
 */
import { type Keyring, KeyringAway, KeyringError } from "./keyring.ts";
import {
  AES_KEY_GEN,
  aesGcm,
  CKR,
  findTemplate,
  type Handle,
  loadModule,
  newKeyTemplate,
  type Pkcs11,
  type Pkcs11Fault,
  SESSION_FLAGS,
  staysInside,
  USER,
} from "./pkcs11.ts";

export interface TokenPlace {
  /** The shared library of the token's maker. */
  module: string;
  tokenLabel: string;
  /** Of the token's user. */
  pin: string;
  /** Of the master key in the token. */
  keyLabel: string;
}

const FORMAT = 2;
const MASTER_KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The token as it is connected to. */
interface Connection {
  module: Pkcs11;
  session: Handle;
  key: Handle;
}

/** The token says that what it was given to decrypt is not what it had encrypted. */
const wrongBytes = new Set<number>([CKR.encryptedDataInvalid, CKR.encryptedDataLenRange]);
const wrongPin = new Set<number>([
  CKR.pinIncorrect,
  CKR.pinInvalid,
  CKR.pinLenRange,
  CKR.pinExpired,
  CKR.pinLocked,
]);

/**
 * Connects to the token. The master key is made in it only if it `mayBeNew`: nothing that an earlier key
 * had wrapped opens with another.
 *
 * @throws {KeyringError} when the PIN is wrong, or the key is missing, double or could leave the token
 * @throws {KeyringAway} when the token is not there
 */
export async function pkcs11Keyring(
  place: TokenPlace,
  { mayBeNew = true } = {},
): Promise<Keyring> {
  const token = new Token(place);
  await token.run(() => Promise.resolve(), { mayBeNew });
  return {
    wrap: (plain, context) => token.run((connection) => wrapWith(connection, plain, context)),
    unwrap: (wrapped, context) =>
      token.run((connection) => unwrapWith(connection, wrapped, context)),
    check: () => token.run(prove),
    close: () => token.disconnect(),
  };
}

/** The one session with the token; a session does one thing at a time. */
class Token {
  readonly #place: TokenPlace;
  #connection: Connection | undefined;
  /** A PIN that was refused is not tried again: the token would lock itself. */
  #refused: KeyringError | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(place: TokenPlace) {
    this.#place = place;
  }

  run<Result>(
    work: (connection: Connection) => Promise<Result>,
    { mayBeNew = false } = {},
  ): Promise<Result> {
    const result = this.#queue.then(() => this.#run(work, mayBeNew));
    this.#queue = result.catch(() => {});
    return result;
  }

  /** What failed on a connection from before is tried once more on a new one. */
  async #run<Result>(
    work: (connection: Connection) => Promise<Result>,
    mayBeNew: boolean,
  ): Promise<Result> {
    const earlier = this.#connection;
    if (earlier) {
      try {
        return await work(earlier);
      } catch (error) {
        if (error instanceof KeyringError) throw error;
        this.disconnect();
        finalize(earlier.module);
      }
    }
    try {
      this.#connection = this.#connect(mayBeNew);
      return await work(this.#connection);
    } catch (error) {
      this.disconnect();
      if (error instanceof KeyringError || error instanceof KeyringAway) throw error;
      throw new KeyringAway(
        `The token "${this.#place.tokenLabel}" does not answer (${(error as Error).message}).`,
      );
    }
  }

  #connect(mayBeNew: boolean): Connection {
    if (this.#refused) throw this.#refused;
    const module = loadModule(this.#place.module);
    const slot = this.#slot(module);
    const session = module.C_OpenSession(slot, SESSION_FLAGS);
    try {
      this.#login(module, session);
      return { module, session, key: this.#masterKey(module, session, mayBeNew) };
    } catch (error) {
      closeSession(module, session);
      throw error;
    }
  }

  #slot(module: Pkcs11): Handle {
    const { tokenLabel } = this.#place;
    const labels: string[] = [];
    for (const slot of module.C_GetSlotList(true)) {
      const label = module.C_GetTokenInfo(slot).label.trimEnd();
      if (label === tokenLabel) return slot;
      if (label !== "") labels.push(label);
    }
    // What a module with its HSM switched off shows is the same: no token of the name.
    finalize(module);
    const seen = labels.length > 0 ? `it has ${labels.join(", ")}` : "it has no token now";
    throw new KeyringAway(`The token "${tokenLabel}" is not there: ${seen}.`);
  }

  #login(module: Pkcs11, session: Handle): void {
    try {
      module.C_Login(session, USER, this.#place.pin);
    } catch (error) {
      const { code, message } = error as Pkcs11Fault;
      if (code === CKR.userAlreadyLoggedIn) return;
      if (!wrongPin.has(code)) throw error;
      this.#refused = new KeyringError(
        `The PIN in PKCS11_PIN_FILE is refused by the token "${this.#place.tokenLabel}" (${message}); it was tried once and is not tried again until the bridge is started anew.`,
      );
      throw this.#refused;
    }
  }

  #masterKey(module: Pkcs11, session: Handle, mayBeNew: boolean): Handle {
    const { keyLabel, tokenLabel } = this.#place;
    module.C_FindObjectsInit(session, findTemplate(keyLabel));
    const found = module.C_FindObjects(session, 2);
    module.C_FindObjectsFinal(session);
    if (found.length > 1) {
      throw new KeyringError(
        `The token "${tokenLabel}" has several AES keys labelled "${keyLabel}"; give the bridge's master key a label of its own (PKCS11_KEY_LABEL).`,
      );
    }
    if (!found[0] && !mayBeNew) {
      throw new KeyringError(
        `The token "${tokenLabel}" has no AES key labelled "${keyLabel}", and only the master key opens the keys of the schools that are stored. Restore it from the token's backup; no new one was made.`,
      );
    }
    const key = found[0] ??
      module.C_GenerateKey(session, AES_KEY_GEN, newKeyTemplate(keyLabel, MASTER_KEY_BYTES));
    if (!staysInside(module, session, key)) {
      throw new KeyringError(
        `The AES key labelled "${keyLabel}" could leave the token "${tokenLabel}"; it must be sensitive and not extractable.`,
      );
    }
    return key;
  }

  disconnect(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection) closeSession(connection.module, connection.session);
  }
}

function closeSession(module: Pkcs11, session: Handle): void {
  try {
    module.C_CloseSession(session);
  } catch {
    // It is gone with its token.
  }
}

/** Some modules look for their tokens only when they are initialized. */
function finalize(module: Pkcs11): void {
  try {
    module.C_Finalize();
  } catch {
    // Then it is no worse than before.
  }
}

/** Wrapped: format byte, nonce, ciphertext, tag. The nonce is of the token's own generator. */
async function wrapWith(
  connection: Connection,
  plain: Uint8Array,
  context: string,
): Promise<Uint8Array> {
  const { module, session, key } = connection;
  const nonce = module.C_GenerateRandom(session, Buffer.alloc(NONCE_BYTES));
  module.C_EncryptInit(session, aesGcm(nonce, authenticated(context)), key);
  const sealed = await module.C_EncryptAsync(
    session,
    Buffer.from(plain),
    Buffer.alloc(plain.length + TAG_BYTES),
  );
  const wrapped = Buffer.concat([Buffer.of(FORMAT), nonce, sealed]);
  // Never stored before it was seen to open: some modules put a nonce of their own in its place.
  const opened = await decrypt(connection, wrapped, context);
  if (!opened.equals(Buffer.from(plain))) {
    throw new KeyringError("The token does not give back what it has encrypted with AES-GCM.");
  }
  return wrapped;
}

async function unwrapWith(
  connection: Connection,
  wrapped: Uint8Array,
  context: string,
): Promise<Uint8Array> {
  const bytes = Buffer.from(wrapped);
  if (bytes.length < 1 + NONCE_BYTES + TAG_BYTES || bytes[0] !== FORMAT) {
    throw new KeyringError(
      `The wrapped key "${context}" is ${bytes.length} bytes in a form this keyring does not know; it was wrapped by another keyring, or must be restored from a backup.`,
    );
  }
  try {
    return await decrypt(connection, bytes, context);
  } catch (error) {
    // Of a wrong tag many tokens say no more than that something failed.
    if (!wrongBytes.has((error as Pkcs11Fault).code)) await prove(connection);
    throw new KeyringError(
      `The wrapped key "${context}" does not open with this master key: the master key is another one, or the wrapped key was changed.`,
    );
  }
}

async function decrypt(
  { module, session, key }: Connection,
  wrapped: Buffer,
  context: string,
): Promise<Buffer> {
  const nonce = wrapped.subarray(1, 1 + NONCE_BYTES);
  const sealed = wrapped.subarray(1 + NONCE_BYTES);
  module.C_DecryptInit(session, aesGcm(nonce, authenticated(context)), key);
  return await module.C_DecryptAsync(session, sealed, Buffer.alloc(sealed.length));
}

/** The token is there and does what it is for. @throws {Pkcs11Fault} */
async function prove(connection: Connection): Promise<void> {
  await wrapWith(connection, Buffer.alloc(MASTER_KEY_BYTES), "");
}

function authenticated(context: string): Buffer {
  return Buffer.concat([Buffer.of(FORMAT), Buffer.from(context, "utf8")]);
}
