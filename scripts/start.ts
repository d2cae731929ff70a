/** `npm start`: the whole service on one machine, until it is stopped. */
import { startService } from "./start-service.ts";
import { SettingError } from "../shared/settings.ts";
import { relative } from "node:path";

const EX_CONFIG = 78;

try {
  await run();
} catch (error) {
  if (!(error instanceof SettingError)) throw error;
  console.error(error.message);
  process.exitCode = EX_CONFIG;
}

async function run(): Promise<void> {
  // What is stored is the data of minors: nobody else on this machine may read it.
  process.umask(0o077);
  const service = startService({
    environment: process.env,
    log: (name, line) => console.log(`${name}: ${line}`),
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => void service.stop());
  }
  service.ready.then(({ sftp, hostKey, workerUrl }) => {
    const here = (path: string) => relative("", path) || ".";
    const token = service.adminTokenFile
      ? `the token is in ${here(service.adminTokenFile)}`
      : "the token is the setting ADMIN_TOKEN";
    console.log(`
Rosterbridge is running. Stop it with Ctrl-C.

  SFTP            ${sftp}${hostKey ? `\n                  host key ${hostKey}` : ""}
  administration  ${workerUrl}/admin (${token})
  stored in       ${here(service.dataDir)}
`);
  }, () => {/* said when it has ended */});

  const { code, reason } = await service.ended;
  // A setting's one line was already shown: the process that refused it wrote it.
  if (reason && code !== EX_CONFIG) console.error(reason);
  process.exitCode = code;
}
