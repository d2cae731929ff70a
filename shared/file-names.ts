/**
 * The names in a file's life (SPEC section 3). The bridge gives them, the worker reads them.
 */

/** The stages whose names the service makes: `roster.csv.<time code>.<stage>`. */
export type Stage = "processing" | "completed" | "rejected" | "original";

/** Is this a roster's name, one that is accepted when it has settled: a .csv, also a packed one? */
export function isRosterName(name: string): boolean {
  return /\.(csv|csv\.gz|zip)$/i.test(name);
}

/** The name of an accepted roster in a stage of its life. */
export function stageName(roster: string, timeCode: string, stage: Stage): string {
  return `${roster}.${timeCode}.${stage}`;
}

/** Is it a name that the service gives: a name, a time code and a stage? */
export function isStageName(name: string): boolean {
  return /\.\d{8}T\d{9}Z\.(processing|completed|rejected|original)$/i.test(name);
}

/** Does the name say that the service is working on the file? Such a file cannot be changed. */
export function isProcessingName(name: string): boolean {
  return /\.processing$/i.test(name);
}

/** The name of an export: `verified-<time code>.csv`. */
export function exportName(timeCode: string): string {
  return `verified-${timeCode}.csv`;
}

/** Is it the name of an export? */
export function isExportName(name: string): boolean {
  return /^verified-\d{8}T\d{9}Z\.csv$/.test(name);
}
