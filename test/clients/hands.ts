/** Each client's way to do one step, so that a test can have all of them do the same. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Client from "ssh2-sftp-client";
import { jschHand } from "./jsch.ts";
import { newer, ssh10 } from "./newer-debian.ts";
import { here, type Outcome, sshOptions, type Stage } from "./stage.ts";

/** Where a step goes, and as whom. */
export interface Login {
  port: number;
  slug: string;
  /** The name of a private key in the stage's folder. */
  key: string;
}

export interface Hand {
  upload(login: Login, local: string, remote: string): Promise<Outcome>;
  /** Goes on with what is there; absent where the client cannot. */
  resume?(login: Login, local: string, remote: string): Promise<Outcome>;
  mkdir(login: Login, path: string): Promise<Outcome>;
}

/** All the clients that take one step at a time, by name. */
export function handsOf(stage: Stage): Record<string, Hand> {
  return {
    "OpenSSH sftp": openSsh(stage, "sftp"),
    "OpenSSH 10 sftp": openSsh(stage, newer, "sftp", "-S", ssh10),
    "OpenSSH scp": scp(stage),
    lftp: lftp(stage),
    rclone: rclone(stage),
    "PuTTY psftp": psftp(stage),
    "PuTTY pscp": pscp(stage),
    "curl of Debian 13": curl(stage),
    sshfs: sshfs(stage),
    paramiko: script(stage, "/usr/bin/python3", [here("hand.py"), "paramiko"]),
    asyncssh: script(stage, "/usr/bin/python3", [here("hand.py"), "asyncssh"]),
    phpseclib: script(stage, "php", [here("hand.php")]),
    JSch: script(stage, "java", jschHand("0.2")),
    "ssh2-sftp-client": ssh2SftpClient(stage),
  };
}

const options = (stage: Stage, { port, key }: Login) => [
  ...sshOptions({ ...stage, port }).map((word) =>
    word === join(stage.folder, "key") ? join(stage.folder, key) : word
  ),
];

/** Of OpenSSH's sftp, the system's or a newer one: a batch of commands. */
export const runSftp = (stage: Stage, login: Login, input: string, ...program: string[]) => {
  const [name, ...words] = program;
  const person = `${login.slug}@127.0.0.1`;
  return stage.run(name!, [...words, ...options(stage, login), "-b", "-", person], { input });
};

function openSsh(stage: Stage, ...program: string[]): Hand {
  const sftp = (login: Login, input: string) => runSftp(stage, login, input, ...program);
  return {
    upload: (login, local, remote) => sftp(login, `put ${local} ${remote}`),
    resume: (login, local, remote) => sftp(login, `reput ${local} ${remote}`),
    mkdir: (login, path) => sftp(login, `mkdir ${path}`),
  };
}

function scp(stage: Stage): Hand {
  const copy = (login: Login, ...words: string[]) => {
    const remote = `${login.slug}@127.0.0.1:${words.pop()}`;
    return stage.run("scp", ["-s", ...options(stage, login), ...words, remote]);
  };
  return {
    upload: copy,
    mkdir: async (login, path) => {
      await stage.run("mkdir", ["-p", "folder"]);
      return await copy(login, "-r", "folder", path);
    },
  };
}

/** Of lftp: few tries, and the first command that fails ends it. */
export function runLftp(stage: Stage, login: Login, command: string): Promise<Outcome> {
  const ssh = ["ssh", "-a", "-x", ...options(stage, login)].join(" ");
  return stage.run("lftp", [
    "-c",
    [
      `set sftp:connect-program "${ssh}"`,
      "set net:max-retries 1",
      "set net:reconnect-interval-base 1",
      "set cmd:fail-exit yes",
      `open sftp://${login.slug}:@127.0.0.1:${login.port}`,
      command,
    ].join("; "),
  ]);
}

function lftp(stage: Stage): Hand {
  return {
    upload: (login, local, remote) => runLftp(stage, login, `put ${local} -o ${remote}`),
    resume: (login, local, remote) => runLftp(stage, login, `put -c ${local} -o ${remote}`),
    mkdir: (login, path) => runLftp(stage, login, `mkdir ${path}`),
  };
}

/** Of rclone: one try, and nothing of this machine's configuration. */
export const rcloneRemote = (stage: Stage, { port, slug, key }: Login) =>
  `:sftp,host=127.0.0.1,port=${port},user=${slug},key_file=${
    join(stage.folder, key)
  },shell_type=none:`;

export const runRclone = (stage: Stage, ...words: string[]) =>
  stage.run("rclone", [
    ...["--config", join(stage.folder, "none"), "--retries", "1", "--low-level-retries", "1"],
    ...words,
  ]);

function rclone(stage: Stage): Hand {
  return {
    upload: (login, local, remote) =>
      runRclone(stage, "copyto", local, rcloneRemote(stage, login) + remote),
    mkdir: (login, path) => runRclone(stage, "mkdir", rcloneRemote(stage, login) + path),
  };
}

/** Of PuTTY's programs: nobody is asked, and the key is in PuTTY's format. */
async function puttyWords(stage: Stage, { port, key }: Login): Promise<string[]> {
  const made = await stage.run("puttygen", [key, "-o", `${key}.ppk`]);
  if (made.status !== 0) throw new Error(made.output);
  return ["-batch", "-hostkey", stage.hostKey, "-i", `${key}.ppk`, "-P", String(port)];
}

function psftp(stage: Stage): Hand {
  const run = async (login: Login, batch: string) => {
    const words = await puttyWords(stage, login);
    const file = await stage.local("batch", `${batch}\n`);
    return await stage.run("psftp", [...words, "-b", file, `${login.slug}@127.0.0.1`]);
  };
  return {
    upload: (login, local, remote) => run(login, `put ${local} ${remote}`),
    resume: (login, local, remote) => run(login, `reput ${local} ${remote}`),
    mkdir: (login, path) => run(login, `mkdir ${path}`),
  };
}

function pscp(stage: Stage): Hand {
  const copy = async (login: Login, ...words: string[]) => {
    const remote = `${login.slug}@127.0.0.1:${words.pop()}`;
    return await stage.run("pscp", [...await puttyWords(stage, login), ...words, remote]);
  };
  return {
    upload: copy,
    mkdir: async (login, path) => {
      await stage.run("mkdir", ["-p", "folder"]);
      return await copy(login, "-r", "folder", path);
    },
  };
}

function curl(stage: Stage): Hand {
  const run = async ({ port, slug, key }: Login, remote: string, ...words: string[]) => {
    const made = await stage.run("sh", ["-c", `ssh-keygen -y -f ${key} > ${key}.pub`]);
    if (made.status !== 0) throw new Error(made.output);
    const login = ["--user", `${slug}:`, "--key", key, "--pubkey", `${key}.pub`];
    const url = `sftp://127.0.0.1:${port}/${remote.replace(/^\//, "")}`;
    return await stage.run(newer, ["curl", "-sS", "--insecure", ...login, ...words, url]);
  };
  return {
    upload: (login, local, remote) => run(login, remote, "-T", local),
    resume: (login, local, remote) => run(login, remote, "-T", local, "-C", "-"),
    mkdir: (login, path) => run(login, "/inbound/", "-Q", `mkdir ${path}`),
  };
}

function sshfs(stage: Stage): Hand {
  const run = async (login: Login, command: string) => {
    await stage.run("mkdir", ["-p", "mount"]);
    // It knows -o and -F, but no -i.
    const words = options(stage, login).flatMap((word) => word === "-i" ? ["-o"] : [word])
      .map((word) => word === join(stage.folder, login.key) ? `IdentityFile=${word}` : word);
    const mounted = await stage.run("sshfs", [`${login.slug}@127.0.0.1:/`, "mount", ...words]);
    if (mounted.status !== 0) return mounted;
    try {
      return await stage.run("sh", ["-c", command]);
    } finally {
      await stage.run("fusermount", ["-u", "mount"]);
    }
  };
  return {
    upload: (login, local, remote) => run(login, `cp ${local} mount/${remote}`),
    mkdir: (login, path) => run(login, `mkdir mount/${path}`),
  };
}

function script(stage: Stage, program: string, words: string[]): Hand {
  const run = ({ port, slug, key }: Login, ...step: string[]) =>
    stage.run(program, [...words, String(port), slug, key, ...step]);
  return {
    upload: (login, local, remote) => run(login, "upload", local, remote),
    resume: (login, local, remote) => run(login, "resume", local, remote),
    mkdir: (login, path) => run(login, "mkdir", path),
  };
}

function ssh2SftpClient(stage: Stage): Hand {
  async function step(
    { port, slug, key }: Login,
    work: (sftp: Client) => Promise<unknown>,
  ): Promise<Outcome> {
    const sftp = new Client();
    try {
      const privateKey = readFileSync(join(stage.folder, key));
      await sftp.connect({ host: "127.0.0.1", port, username: slug, privateKey });
      await work(sftp);
      return { status: 0, output: "" };
    } catch (error) {
      return { status: 1, output: String(error) };
    } finally {
      await sftp.end().catch(() => {});
    }
  }
  const at = (local: string) => join(stage.folder, local);
  return {
    upload: (login, local, remote) => step(login, (sftp) => sftp.put(at(local), remote)),
    resume: (login, local, remote) =>
      step(login, async (sftp) => {
        const { size } = await sftp.stat(remote);
        await sftp.append(readFileSync(at(local)).subarray(size), remote);
      }),
    mkdir: (login, path) => step(login, (sftp) => sftp.mkdir(path)),
  };
}
