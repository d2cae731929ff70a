/**
 * PKCS#11 2.40 through `pkcs11js`, which is optional: who keeps the master key in a file needs neither
 * it nor a compiler. Only what the keyring asks of a token is here.
 */
import { createRequire } from "node:module";
import { KeyringError } from "./keyring.ts";

/** What a slot, a session or a key is called; the module makes it up. */
export type Handle = Buffer;

/** A part of `pkcs11js`; each call throws a {@link Pkcs11Fault}. */
export interface Pkcs11 {
  load(path: string): void;
  C_Initialize(): void;
  C_Finalize(): void;
  C_GetSlotList(tokenPresent: boolean): Handle[];
  C_GetTokenInfo(slot: Handle): { label: string };
  C_OpenSession(slot: Handle, flags: number): Handle;
  C_CloseSession(session: Handle): void;
  C_Login(session: Handle, user: number, pin: string): void;
  C_FindObjectsInit(session: Handle, template: Attribute[]): void;
  C_FindObjects(session: Handle, most: number): Handle[];
  C_FindObjectsFinal(session: Handle): void;
  C_GetAttributeValue(session: Handle, key: Handle, template: { type: number }[]): Read[];
  C_GenerateKey(session: Handle, mechanism: { mechanism: number }, template: Attribute[]): Handle;
  C_GenerateRandom(session: Handle, into: Buffer): Buffer;
  C_EncryptInit(session: Handle, mechanism: GcmMechanism, key: Handle): void;
  C_EncryptAsync(session: Handle, plain: Buffer, into: Buffer): Promise<Buffer>;
  C_DecryptInit(session: Handle, mechanism: GcmMechanism, key: Handle): void;
  C_DecryptAsync(session: Handle, sealed: Buffer, into: Buffer): Promise<Buffer>;
}

type Attribute = { type: number; value: number | boolean | string | Buffer };
type Read = { type: number; value: Buffer };

/** An answer that is not CKR_OK: its name, such as `CKR_PIN_INCORRECT`, and its number. */
export interface Pkcs11Fault extends Error {
  code: number;
}

export interface GcmMechanism {
  mechanism: number;
  parameter: { type: number; iv: Buffer; aad: Buffer; ivBits: number; tagBits: number };
}

/** Numbers of the standard (PKCS #11 Cryptographic Token Interface Base Specification 2.40). */
export const CKR = {
  encryptedDataInvalid: 0x40,
  encryptedDataLenRange: 0x41,
  pinIncorrect: 0xa0,
  pinInvalid: 0xa1,
  pinLenRange: 0xa2,
  pinExpired: 0xa3,
  pinLocked: 0xa4,
  userAlreadyLoggedIn: 0x100,
  cryptokiAlreadyInitialized: 0x191,
} as const;

const CKF = { rwSession: 0x2, serialSession: 0x4 } as const;
export const SESSION_FLAGS = CKF.rwSession | CKF.serialSession;
export const USER = 1;
export const AES_KEY_GEN = { mechanism: 0x1080 };

const CKA = {
  class: 0x0,
  token: 0x1,
  private: 0x2,
  label: 0x3,
  keyType: 0x100,
  sensitive: 0x103,
  encrypt: 0x104,
  decrypt: 0x105,
  valueLen: 0x161,
  extractable: 0x162,
} as const;
const SECRET_KEY = 0x4;
const AES = 0x1f;

/** How a master key of this label is found. */
export function findTemplate(label: string): Attribute[] {
  return [
    { type: CKA.class, value: SECRET_KEY },
    { type: CKA.keyType, value: AES },
    { type: CKA.label, value: label },
  ];
}

/** A key that stays in the token: nobody reads it, also who has the PIN. */
export function newKeyTemplate(label: string, bytes: number): Attribute[] {
  return [
    ...findTemplate(label),
    { type: CKA.valueLen, value: bytes },
    { type: CKA.token, value: true },
    { type: CKA.private, value: true },
    { type: CKA.sensitive, value: true },
    { type: CKA.extractable, value: false },
    { type: CKA.encrypt, value: true },
    { type: CKA.decrypt, value: true },
  ];
}

/** Can the key not leave its token? */
export function staysInside(module: Pkcs11, session: Handle, key: Handle): boolean {
  const template = [{ type: CKA.sensitive }, { type: CKA.extractable }];
  const [sensitive, extractable] = module.C_GetAttributeValue(session, key, template);
  return sensitive!.value[0] === 1 && extractable!.value[0] === 0;
}

const AES_GCM = 0x1087;
/** How `pkcs11js` calls the parameters of 2.40, which say the length of the nonce in bits. */
const GCM_PARAMETERS = 7;

export function aesGcm(nonce: Buffer, authenticated: Buffer): GcmMechanism {
  const parameter = {
    type: GCM_PARAMETERS,
    iv: nonce,
    aad: authenticated,
    ivBits: nonce.length * 8,
    tagBits: 128,
  };
  return { mechanism: AES_GCM, parameter };
}

/** A module is initialized once a process, however many keyrings use it. */
const loaded = new Map<string, Pkcs11>();

/**
 * Loads the module, a shared library, and initializes it.
 *
 * @throws {KeyringError} when `pkcs11js` is not installed, or the file is no such library
 * @throws {Pkcs11Fault} when it cannot be initialized, such as when its device is away
 */
export function loadModule(path: string): Pkcs11 {
  const module = loaded.get(path) ?? load(path);
  loaded.set(path, module);
  initialize(module);
  return module;
}

function load(path: string): Pkcs11 {
  const module = new (library()).PKCS11();
  try {
    module.load(path);
  } catch (error) {
    throw new KeyringError(
      `PKCS11_MODULE is "${path}"; it takes the shared library of the token's maker: ${
        (error as Error).message
      }`,
    );
  }
  return module;
}

function library(): { PKCS11: new () => Pkcs11 } {
  try {
    return createRequire(import.meta.url)("pkcs11js");
  } catch (error) {
    throw new KeyringError(
      `KEYRING is "pkcs11"; it takes the npm package pkcs11js, which cannot be loaded here (${
        (error as NodeJS.ErrnoException).code ?? (error as Error).message
      }): npm ci compiles it where python3, make and g++ are.`,
    );
  }
}

function initialize(module: Pkcs11): void {
  try {
    module.C_Initialize();
  } catch (error) {
    if ((error as Pkcs11Fault).code !== CKR.cryptokiAlreadyInitialized) throw error;
  }
}
