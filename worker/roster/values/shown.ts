/**
 * How values of a row are shown to a person: whole or shortened, with what cannot be seen spelled
 * out. Plain ASCII is added, as the report may be opened in a program that takes it for Latin-1.
 */

const SHOWN_CHARACTERS = 60;

/** A value between quotation marks, shortened to about 60 characters: `'1/2/04'`. */
export function shown(value: string): string {
  return `'${visible(value, SHOWN_CHARACTERS)}'`;
}

/**
 * At most `limit` characters of a text, control and invisible characters as `<TAB>`, `<U+200B>`. It
 * ends with the first line: where a quotation mark was forgotten, the next one is another student's.
 */
export function visible(text: string, limit: number): string {
  // Nearly all values are short and of one line.
  if (text.length <= limit && !/[\r\n]/.test(text)) return spelled(text);
  // A character has at most two code units: what is cut off here would not be shown.
  const [line] = /^[^\r\n]*(?:\r?\n|\r)?/.exec(text.slice(0, 2 * limit + 2))!;
  const characters = [...line];
  const cut = characters.length > limit || line.length < text.length;
  const kept = (cut ? characters.slice(0, limit) : characters).join("");
  return spelled(kept) + (cut ? "..." : "");
}

/** With what cannot be seen spelled out. */
function spelled(text: string): string {
  if (/^[ -~]*$/.test(text)) return text;
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029\u115f\u1160\u3164\uffa0]/gu, spelledOut);
}

/** How many characters a text has, as a person counts code points. */
export function characterCount(text: string): number {
  let count = text.length;
  for (const _pair of text.matchAll(/[\ud800-\udbff][\udc00-\udfff]/g)) count--;
  return count;
}

function spelledOut(character: string): string {
  const code = character.codePointAt(0)!;
  return `<${names.get(code) ?? "U+" + code.toString(16).toUpperCase().padStart(4, "0")}>`;
}

const names = new Map([
  [0x00, "NUL"],
  [0x09, "TAB"],
  [0x0a, "LF"],
  [0x0d, "CR"],
  [0x1b, "ESC"],
  [0x7f, "DEL"],
]);
