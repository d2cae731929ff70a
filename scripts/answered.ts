/** When the whole service works: the bridge's call has reached the worker, and the worker's database. */

const EVERY_MS = 100;
/** So long is waited before it is said what is waited for. */
const PATIENCE_MS = 10_000;

/**
 * Resolves when the bridge says that the worker has answered it; asks for ever.
 *
 * @param health where the bridge's health is: `127.0.0.1:8022`
 * @param say gets one sentence when it takes long
 */
export async function workerAnswered(
  { health, workerUrl, say, signal }: {
    health: string;
    workerUrl: string;
    say: (sentence: string) => void;
    signal: AbortSignal;
  },
): Promise<void> {
  let patience = PATIENCE_MS / EVERY_MS;
  while (!await hasAnswered(health)) {
    signal.throwIfAborted();
    if (--patience === 0) say(`Not running yet: ${await whatIsMissing(workerUrl)} Still trying.`);
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

async function hasAnswered(health: string): Promise<boolean> {
  const answer = await ask(`http://${health}/healthz`);
  return typeof answer?.["workerAnsweredAt"] === "string";
}

async function whatIsMissing(workerUrl: string): Promise<string> {
  const answer = await ask(`${workerUrl}/healthz`);
  if (!answer) return "the worker does not answer.";
  if (answer["status"] === 503) return `the worker says: ${answer["detail"]}`;
  return "the bridge has not reached the worker.";
}

async function ask(url: string): Promise<Record<string, unknown> | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    return await response.json();
  } catch {
    return undefined;
  }
}
