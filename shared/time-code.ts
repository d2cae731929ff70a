/**
 * Time codes: the UTC instants that stand in the names of files, to the millisecond
 * (SPEC section 3: `YYYYMMDDTHHMMSSmmmZ`).
 */

/** Writes milliseconds since the epoch as a time code: `20261121T101530123Z`. */
export function formatTimeCode(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/[-:.]/g, "");
}

/** Reads a time code back to milliseconds since the epoch; `undefined` when it is none. */
export function parseTimeCode(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, millisecond] = match.map(Number);
  const milliseconds = Date.UTC(year!, month! - 1, day!, hour!, minute!, second!, millisecond!);
  return formatTimeCode(milliseconds) === text ? milliseconds : undefined;
}
