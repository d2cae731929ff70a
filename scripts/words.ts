/** The words after a script's name. */

/** sysexits.h: the command was used in a wrong way. */
const EX_USAGE = 64;

/**
 * Those of `known` that were given. `--help` prints `help` and ends the process with 0; a word that
 * is not known starts nothing: it is named on standard error, and the process ends with 64.
 */
export function readWords<Word extends string>(
  given: readonly string[],
  known: readonly Word[],
  help: string,
): Set<Word> {
  if (given.includes("--help") || given.includes("-h")) {
    console.log(help.trim());
    process.exit(0);
  }
  const unknown = given.filter((word) => !(known as readonly string[]).includes(word));
  if (unknown.length > 0) {
    const all = [...known, "--help"].join(", ");
    console.error(`"${unknown[0]}" is not known here; what is: ${all}.`);
    process.exit(EX_USAGE);
  }
  return new Set(given as Word[]);
}
