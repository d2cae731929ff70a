/** Starts the worker: `deno run --allow-net --allow-env worker/main.ts`, or Node with tsx. */
import { createApp } from "./app.ts";
import { callerOf } from "./http/caller.ts";
import { createBell } from "./bridge/bell.ts";
import { instant, type WorkerContext } from "./context.ts";
import { openDatabase } from "./database/client.ts";
import { startTicking } from "./platform/ticking.ts";
import { currentRuntime, type Listening } from "./platform/runtime.ts";
import { SettingError } from "../shared/settings.ts";
import { readSettings, type WorkerSettings } from "./settings.ts";
import type { Teller } from "./events/telling.ts";
import { openTeller } from "./platform/telling.ts";
import { startWorker } from "./platform/opening.ts";

/** sysexits.h: something was found in an unconfigured or misconfigured state. */
const EX_CONFIG = 78;
/** The same: what may be well again when it is tried later. */
const EX_TEMPFAIL = 75;
/**
 * So long requests in flight may take when the worker is asked to end, in milliseconds. Deno Deploy kills
 * it after 5 s.
 */
const GRACE_MS = 3_500;
/** So long what is being sent to webhooks and by mail may take then; giving it back takes its time, too. */
const SENDING_MS = 2_500;

const runtime = currentRuntime();

function log(event: string, fields: Record<string, unknown> = {}): void {
  console.log(JSON.stringify({ event, ...fields, at: instant(Date.now()) }));
}

function settingsOrExit(): WorkerSettings {
  try {
    return readSettings(runtime.environment());
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
    console.error(error.message);
    runtime.exit(EX_CONFIG);
    // Where a platform does not let a program exit, it must not go on either.
    throw error;
  }
}

const settings = settingsOrExit();

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function listenOrExit(): Promise<Listening> {
  const { host, port } = settings;
  try {
    return await runtime.listen((request, caller) => worker.fetch(request, caller), host, port);
  } catch (error) {
    const reason = (error as Error).message;
    console.error(`HOST and PORT are ${host} and ${port}, where nothing can listen: ${reason}`);
    // A port that is taken may become free; an address that is not this machine's will not.
    runtime.exit(/in use/i.test(reason) ? EX_TEMPFAIL : EX_CONFIG);
    throw error;
  }
}

const listening = await listenOrExit();
log("listening", { address: listening.address });

const bell = createBell();
let context: WorkerContext | undefined;
let teller: Teller | undefined;
const ticking = startTicking(() => context, settings.timeline);

const worker = startWorker({
  async open() {
    const { databaseUrl: url, databaseAuthToken: authToken } = settings;
    // The file and those beside it, however the worker was started.
    if (/^file:/i.test(url)) runtime.keepFilesPrivate();
    return await openDatabase({ url, authToken });
  },
  serve(database) {
    const serving: WorkerContext = context = {
      database,
      bridges: settings.bridges,
      bell,
      adminToken: settings.adminToken,
      requestsPerMinute: settings.requestsPerMinute,
      keyTypes: settings.keyTypes,
      sliceRows: settings.sliceRows,
      now: () => Date.now(),
      wait,
      randomId: () => crypto.randomUUID(),
      log,
      allowPrivateWebhooks: settings.allowPrivateWebhooks,
      oidc: settings.oidc,
      hasMail: settings.mail !== undefined,
      tell: () => teller?.kick(),
    };
    teller = openTeller(database, settings, log);
    const app = createApp(serving);
    return (request, { address }) => {
      const forwarded = request.headers.get("x-forwarded-for");
      const protocol = request.headers.get("x-forwarded-proto");
      return app.fetch(request, callerOf(address, forwarded, settings.trustedProxies, protocol));
    };
  },
  hopeless(fault) {
    const { databaseUrl: url } = settings;
    // One of another kind may have a password in it.
    console.error(`DATABASE_URL is ${/^file:/i.test(url) ? url : "…"}, ${fault}`);
    runtime.exit(EX_CONFIG);
  },
  now: () => instant(Date.now()),
  wait,
  log,
});

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  log("stopping");
  ticking.stop();
  // Bridges that listen are answered now.
  bell.close();
  const ended = [listening.stop(), teller?.stop(wait(SENDING_MS))];
  await Promise.race([Promise.all(ended), wait(GRACE_MS)]);
  worker.stop();
  log("stopped");
  runtime.exit(0);
}
runtime.onStop(stop);
if (settings.stopWithStdin) runtime.onStdinEnd(stop);
