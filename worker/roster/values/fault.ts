/**
 * What is wrong with one value, before it is known whose row it is in.
 */
import type { ProblemCode } from "../problems.ts";
import { characterCount, shown } from "./shown.ts";

export class Fault {
  constructor(readonly code: ProblemCode, readonly message: string) {}
}

/** A text column's rules: at most so many characters, none of them a control character. */
export function readText(value: string, limit: number): string | Fault {
  if (value.length > limit && characterCount(value) > limit) return tooLong(value, limit);
  // deno-lint-ignore no-control-regex
  if (/[\u0000-\u001f\u007f-\u009f]/.test(value)) {
    return controlCharacter(value);
  }
  return value;
}

export function controlCharacter(value: string): Fault {
  return new Fault(
    "control_character",
    `${shown(value)} has a line break, a tab or another control character in it; remove it.`,
  );
}

export function invisibleCharacter(value: string): Fault {
  return new Fault(
    "invisible_character",
    `${shown(value)} has a character in it that cannot be seen; type the value anew.`,
  );
}

export function tooLong(value: string, limit: number): Fault {
  return new Fault(
    "value_too_long",
    `${shown(value)} has ${characterCount(value)} characters; at most ${limit} are allowed.`,
  );
}
