/** Looks now and then whether the keyring answers, so that a token that is away is known before it is needed. */
import type { Trouble } from "../trouble.ts";
import type { Keyring } from "../vault/keys/keyring.ts";

/** Milliseconds between looks while all is well, and while it is not. */
const LOOK_MS = 30_000;
const AWAY_LOOK_MS = 2_000;

/** @param trouble is told of by whoever meets it too; here it ends */
export function watchKeyring(
  { keyring, trouble, lookMs = LOOK_MS, awayLookMs = AWAY_LOOK_MS }: {
    keyring: Pick<Keyring, "check">;
    trouble: Trouble;
    lookMs?: number;
    awayLookMs?: number;
  },
): { stop(): void } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let lookedAt = 0;
  const look = async () => {
    // Somebody may have met the trouble between two looks.
    if (trouble.reason !== undefined || ++lookedAt * awayLookMs >= lookMs) {
      lookedAt = 0;
      try {
        await keyring.check();
        trouble.over();
      } catch (error) {
        trouble.seen((error as Error).message);
      }
    }
    if (!stopped) timer = setTimeout(look, awayLookMs).unref();
  };
  void look();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
