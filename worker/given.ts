/** What people give, where a schema alone would take what was not meant. */
import * as v from "valibot";

/** As `v.strictObject`, which takes a list for an object that has nothing in it. */
export function strictObject<const Entries extends v.ObjectEntries>(
  entries: Entries,
  message?: string,
): v.StrictObjectSchema<Entries, string | undefined> {
  const schema = v.strictObject(entries, message);
  const run = schema["~run"];
  const objectsAlone: typeof run = function (this: typeof schema, dataset, config) {
    if (!Array.isArray(dataset.value)) return run.call(this, dataset, config);
    v._addIssue(this, "type", dataset, config);
    return dataset as unknown as ReturnType<typeof run>;
  };
  return Object.assign(schema, { "~run": objectsAlone });
}

/**
 * What no name has: control characters, halves of characters, line separators, and what turns the
 * direction of writing, so that a text reads as another.
 */
export const unseen = /[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/gu;
/** The same of a text of several lines. */
const unseenInLines = /(?!\r\n|[\t\n])[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/gu;

/** A name: a text of one line. @param sentence what it takes instead of something that is no text */
export const oneLine = (sentence?: string) => textWithout(unseen, sentence);

/** Why somebody did something: a text that may have several lines. */
export const severalLines = (sentence?: string) => textWithout(unseenInLines, sentence);

function textWithout(refused: RegExp, sentence: string | undefined) {
  return v.pipe(
    v.string(sentence),
    v.trim(),
    v.check((text) => text.search(refused) < 0, ({ input }) => whatIsUnseen(input, refused)),
  );
}

function whatIsUnseen(text: string, refused: RegExp): string {
  const at = text.search(refused);
  const [character] = text.slice(at);
  const place = [...text.slice(0, at)].length + 1;
  return `its character ${place} is ${codeOf(character!)}, ${kindOf(character!)}: leave it out`;
}

function codeOf(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
}

function kindOf(character: string): string {
  if (character === "\t") return "a tab";
  if (/[\r\n\u2028\u2029]/.test(character)) return "a line break";
  if (/\p{Cs}/u.test(character)) return "half a character";
  if (/\p{Cc}/u.test(character)) return "a control character";
  return "which turns the direction of writing";
}
