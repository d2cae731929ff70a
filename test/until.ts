/**
 * Waiting until something holds. Nothing is decided by how long that takes: the limit is for what hangs,
 * far beyond the minute that the product itself waits before it tries again.
 */

/** @param what what is waited for, as a failure tells it; by default the condition as it is written */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what = String(holds),
  limitMs = 5 * 60_000,
): Promise<void> {
  const end = Date.now() + limitMs;
  for (let pauseMs = 1; !await holds(); pauseMs = Math.min(1.5 * pauseMs, 50)) {
    if (Date.now() > end) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
