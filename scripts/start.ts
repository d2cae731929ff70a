/**
 * `npm start`: the whole service on one machine, until it is stopped.
 *
 * The log goes to standard output, one JSON object a line; what is for people goes to standard error.
 */
import { startService } from "./start-service.ts";
import { readSwitch, SettingError } from "../shared/settings.ts";
import { readWords } from "./words.ts";

const EX_TEMPFAIL = 75;
const EX_CONFIG = 78;

readWords(
  process.argv.slice(2),
  [],
  `
npm start runs the bridge and the worker on this machine, with an embedded database, until Ctrl-C.

It makes what is missing in DATA_DIR (default ./data): host key, master key, tokens. All settings are
taken from the environment; docs/operations.md lists them.

  npm start                        the log in JSON, and where everything is
  npm start --silent | jq .event   standard output is the log alone

Exit codes: 0 stopped as asked, 64 a word that is not known, 75 what may pass by itself (a port that
is taken, a folder that another bridge holds), 78 a setting that cannot be used, 1 anything else.
`,
);

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
  const { STOP_WITH_STDIN } = process.env;
  const stopsWithStdin = readSwitch("STOP_WITH_STDIN", STOP_WITH_STDIN?.trim() || "0");
  const service = startService({ environment: process.env, log: show });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => void service.stop());
  }
  if (stopsWithStdin) {
    process.stdin.resume().once("close", () => void service.stop());
    service.ended.finally(() => process.stdin.destroy()); // It would keep this process.
  }
  if (process.env["npm_lifecycle_event"]) whenParentIsGone(() => void service.stop());
  service.ready.then(({ sftp, hostKey, workerUrl }) => {
    const token = service.adminTokenFile
      ? `the token is in ${service.adminTokenFile}`
      : "the token is the setting ADMIN_TOKEN";
    const bearer = service.adminTokenFile ? `$(cat ${service.adminTokenFile})` : "$ADMIN_TOKEN";
    console.error(`
Rosterbridge is running. Stop it with Ctrl-C.

  SFTP            ${sftp}${hostKey ? `\n                  host key ${hostKey}` : ""}
  console         ${workerUrl}/console
  administration  ${workerUrl}/admin (${token})
                  curl -H "Authorization: Bearer ${bearer}" ${workerUrl}/admin/schools
  stored in       ${service.dataDir}
`);
  }, () => {/* said when it has ended */});

  const { code, reason } = await service.ended;
  // A setting's one line was already shown: the process that refused it wrote it.
  if (reason && code !== EX_CONFIG && code !== EX_TEMPFAIL) console.error(reason);
  process.exitCode = code;
}

/** npm hands signals on, but SIGKILL ends it alone: this process then gets another parent. */
function whenParentIsGone(gone: () => void): void {
  const parent = process.ppid;
  const looking = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(looking);
    gone();
  }, 500).unref();
}

/** A line of the log says which process wrote it; any other line is for people. */
function show(name: string, line: string): void {
  if (line.startsWith("{")) console.log(`{"process":"${name}",${line.slice(1)}`);
  else console.error(`${name}: ${line}`);
}
