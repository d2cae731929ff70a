/** A school's side of the demo: its key, and its SFTP client. */
import { writeFingerprint } from "../shared/ssh-keys.ts";
import { createHash, generateKeyPairSync } from "node:crypto";
import { promisify } from "node:util";
import ssh2 from "ssh2";

export interface SchoolKey {
  /** PEM, as OpenSSH reads it. */
  privateKey: string;
  /** One line, as in `id_rsa.pub`. */
  publicKey: string;
}

/** A new RSA key of 2048 bits. */
export function makeSchoolKey(comment: string): SchoolKey {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs1", format: "pem" }) as string;
  const parsed = ssh2.utils.parseKey(pem);
  if (parsed instanceof Error) throw parsed;
  const wire = parsed.getPublicSSH().toString("base64");
  return { privateKey: pem, publicKey: `ssh-rsa ${wire} ${comment}` };
}

export interface Session {
  /** The server's host key in its wire form; its fingerprint was checked. */
  hostKey: Buffer;
  /** Returns when the CLOSE was answered. */
  upload(
    localPath: string,
    path: string,
    progress: (sent: number, size: number) => void,
  ): Promise<void>;
  names(folder: string): Promise<string[]>;
  download(path: string): Promise<Buffer>;
  end(): Promise<void>;
}

export interface Server {
  host: string;
  port: number;
  /** `SHA256:…`: any other server is refused. */
  hostKey: string | undefined;
}

/** Opens an SFTP session; rejects when the server is another one or refuses the key. */
export async function openSession(
  { host, port, hostKey: expected }: Server,
  username: string,
  privateKey: string,
): Promise<Session> {
  const client = new ssh2.Client();
  let hostKey: Buffer | undefined;
  await new Promise<void>((resolve, reject) => {
    client.once("ready", resolve).once("error", reject);
    client.connect({
      host,
      port,
      username,
      privateKey,
      hostVerifier: (key: Buffer) => {
        hostKey = Buffer.from(key);
        return expected === undefined || fingerprint(key) === expected;
      },
    });
  });
  const sftp = await new Promise<ssh2.SFTPWrapper>((resolve, reject) => {
    client.sftp((error, sftp) => error ? reject(error) : resolve(sftp));
  });
  const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
  return {
    hostKey: hostKey!,
    upload: (localPath, path, progress) =>
      new Promise((resolve, reject) => {
        const step = (sent: number, _chunk: number, size: number) => progress(sent, size);
        sftp.fastPut(localPath, path, { step }, (error) => error ? reject(error) : resolve());
      }),
    names: async (folder) =>
      (await promisify(sftp.readdir.bind(sftp))(folder)).map(({ filename }) => filename).sort(),
    download: (path) =>
      new Promise((resolve, reject) => {
        sftp.readFile(path, (error, bytes) => error ? reject(error) : resolve(bytes));
      }),
    end: () => {
      client.end();
      return closed;
    },
  };
}

/** A line of a `known_hosts` file, so that the real client need not ask. */
export function knownHostLine({ host, port }: Server, hostKey: Buffer): string {
  const type = hostKey.subarray(4, 4 + hostKey.readUInt32BE(0)).toString("latin1");
  return `[${host}]:${port} ${type} ${hostKey.toString("base64")}\n`;
}

function fingerprint(key: Buffer): string {
  return writeFingerprint(createHash("sha256").update(key).digest());
}
