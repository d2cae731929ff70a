/**
 * What every client is tried on: a service of real processes, a school of its own for each client,
 * and a second pair of eyes (ssh2) that looks whether what the client said is true.
 */
import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { School, Service } from "../end-to-end/service.ts";

export interface Outcome {
  status: number;
  /** Both streams, as a person would see them. */
  output: string;
}

export interface Stage {
  service: Service;
  school: School;
  port: number;
  /** Of the client's own; the key is `key` in it. */
  folder: string;
  /** Host key as PuTTY wants it. */
  hostKey: string;
  /** Runs a program that must be there; one that hangs is killed. */
  run(
    program: string,
    args: string[],
    options?: { input?: string; cwd?: string },
  ): Promise<Outcome>;
  /** Writes a local file. */
  local(name: string, content: string | Buffer): Promise<string>;
}

/** Where a program is. @throws Error that names a program that is missing */
export function locate(program: string): string {
  const folders = ["/usr/bin", "/usr/sbin", ...(process.env.PATH ?? "").split(delimiter)];
  for (const folder of program.includes("/") ? [""] : folders) {
    try {
      const path = folder ? join(folder, program) : program;
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Look further.
    }
  }
  throw new Error(`The client ${program} is not installed; .ci/run says which packages have it.`);
}

export const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export async function setStage(service: Service, slug: string): Promise<Stage> {
  const school = await service.addSchool(slug);
  const folder = join(service.folder, `client-${slug}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "key"), await readFile(school.keyFile), { mode: 0o600 });
  await chmod(join(folder, "key"), 0o600);
  const stage: Stage = {
    service,
    school,
    port: service.sftpPort,
    folder,
    hostKey: "",
    run: (program, args, { input = "", cwd = folder } = {}) =>
      new Promise((resolve) => {
        const child = execFile(
          locate(program),
          args,
          {
            cwd,
            timeout: 60_000,
            killSignal: "SIGKILL",
            maxBuffer: 2 ** 26,
            env: { PATH: process.env.PATH, HOME: folder, LC_ALL: "C.UTF-8" },
          },
          (error, stdout, stderr) => {
            const status = error ? Number(error.code ?? -1) : 0;
            resolve({ status, output: `${stdout}\n${stderr}` });
          },
        );
        child.stdin!.on("error", () => {});
        child.stdin!.end(input);
      }),
    async local(name, content) {
      const path = join(folder, name);
      await writeFile(path, content);
      return path;
    },
  };
  const scanned = await stage.run("ssh-keyscan", ["-p", String(stage.port), "127.0.0.1"]);
  const line = scanned.output.split("\n").find((text) => text.includes(" ssh-rsa "))!;
  const known = await stage.local("known", `${line}\n`);
  const shown = await stage.run("ssh-keygen", ["-lf", known]);
  stage.hostKey = /SHA256:\S+/.exec(shown.output)![0];
  return stage;
}

/** Options of OpenSSH's programs, with nothing of this machine's configuration. */
export function sshOptions({ port, folder }: Stage): string[] {
  const settings = {
    IdentitiesOnly: "yes",
    StrictHostKeyChecking: "no",
    UserKnownHostsFile: "/dev/null",
    BatchMode: "yes",
    Port: String(port),
  };
  return [
    "-F",
    "/dev/null",
    "-i",
    join(folder, "key"),
    ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
  ];
}
