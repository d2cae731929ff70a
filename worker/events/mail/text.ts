/** A mail as plain text, at most 72 columns where words allow it. */
import type { Item, Letter } from "./letter.ts";
import { linesOf, meaningOf } from "./problem-lines.ts";

const COLUMNS = 72;

export function textOf({ schoolName, heading, items, closing }: Letter): string {
  const isOne = items.length === 1 && items[0]!.title === heading;
  return [
    isOne ? `${schoolName}: ${heading}` : `${schoolName}\n${heading}`,
    ...items.map((item) => itemText(item, isOne)),
    `--\n${closing.map((line) => wrap(line)).join("\n")}`,
  ].join("\n\n") + "\n";
}

function itemText({ title, when, sentences, problems, link }: Item, isOne: boolean): string {
  return [
    ...(isOne ? [] : [`* ${title}`]),
    ...sentences.map((sentence) => wrap(sentence)),
    ...problems.map((problem) => {
      const { times, lines } = linesOf(problem);
      return wrap(
        `- ${meaningOf(problem.code)} (${problem.severity} ${problem.code}), ${times}${
          lines && `: ${lines}`
        }`,
        "  ",
      );
    }),
    when,
    ...(link ? [link] : []),
  ].join("\n");
}

function wrap(text: string, indent = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = indent + word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join("\n");
}
