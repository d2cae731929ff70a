/** Settings of a program: read one by one, and all that are wrong are named at once (SPEC section 8). */

export type Environment = Record<string, string | undefined>;

/**
 * A setting that cannot be used: a line that names it, says what it had (never a secret) and what it
 * takes. Several settings: several lines.
 */
export class SettingError extends Error {
  override readonly name = "SettingError";
}

/**
 * Calls each reader and returns what they read, under the same names.
 *
 * @throws SettingError with the lines of all readers that threw one
 */
export function readAll<Readers extends Record<string, () => unknown>>(
  readers: Readers,
): { [Name in keyof Readers]: ReturnType<Readers[Name]> } {
  const read: Record<string, unknown> = {};
  const lines = new Set<string>();
  for (const [name, reader] of Object.entries(readers)) {
    try {
      read[name] = reader();
    } catch (error) {
      if (!(error instanceof SettingError)) throw error;
      error.message.split("\n").forEach((line) => lines.add(line));
    }
  }
  if (lines.size > 0) throw new SettingError([...lines].join("\n"));
  return read as { [Name in keyof Readers]: ReturnType<Readers[Name]> };
}

/** A whole number within bounds, written in decimal digits. @throws SettingError */
export function readWholeNumber(
  name: string,
  value: string,
  least: number,
  most: number,
): number {
  if (/^\d{1,12}$/.test(value) && Number(value) >= least && Number(value) <= most) {
    return Number(value);
  }
  throw new SettingError(
    `${name} is ${JSON.stringify(value)}; it takes a whole number from ${least} to ${most}.`,
  );
}

/** `1` or `0`. @throws SettingError */
export function readSwitch(name: string, value: string): boolean {
  if (value === "0" || value === "1") return value === "1";
  throw new SettingError(`${name} is ${JSON.stringify(value)}; it takes 1 or 0.`);
}

/** Some of the words that are allowed, with commas between; each once. @throws SettingError */
export function readWords<Word extends string>(
  name: string,
  value: string,
  allowed: readonly Word[],
): Word[] {
  const words = value.split(",").map((word) => word.trim().toLowerCase());
  return [...new Set(words)].map((word) => {
    const known = allowed.find((other) => other === word);
    if (known) return known;
    throw new SettingError(
      `${name} has ${JSON.stringify(word)}; it takes one or more of ${allowed.join(", ")}, with ` +
        "commas between.",
    );
  });
}
