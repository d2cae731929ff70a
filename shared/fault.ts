/**
 * An unexpected error for the log: what kind and where, never its message, which may hold values.
 */
export function describeFault(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: typeof error };
  const where = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return {
    error: error.name,
    code: (error as { code?: string }).code,
    where: where.slice(0, 4).map((line) => line.trim()),
  };
}
