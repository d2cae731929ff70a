/** Tries until it works; after a minute it says what the last failure was. */
export async function retry<Result>(work: () => Promise<Result>, what: string): Promise<Result> {
  const end = performance.now() + 60_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > end) {
        throw new Error(`waited a minute for ${what} (${(error as Error).message})`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
