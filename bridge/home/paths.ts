/**
 * Where a client's path leads in a home: the root, one of the two folders, or a name in one of them.
 * There is nothing else, so nothing can lead elsewhere.
 */
import { isStageName } from "../../shared/file-names.ts";
import { Refusal } from "./home.ts";

export type Folder = "inbound" | "outbound";

export type Place =
  | { kind: "root" }
  | { kind: "folder"; folder: Folder }
  | { kind: "file"; folder: Folder; name: string }
  | { kind: "nowhere" };

/**
 * The longest name a school may give, in bytes of UTF-8: with `.20261121T101530123Z.processing`
 * behind it, it still fits the 255 bytes that disks take.
 */
export const MAX_NAME_BYTES = 224;

/** Cleans a path as a shell in the root would: relative to `/`, `..` stops there. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return "/" + parts.join("/");
}

/** Where a path leads. A path below or beside the two folders leads nowhere. */
export function placeOf(path: string): Place {
  const parts = cleanPath(path).split("/").slice(1);
  const [folder, name] = parts;
  if (folder === "") return { kind: "root" };
  if ((folder !== "inbound" && folder !== "outbound") || parts.length > 2) {
    return { kind: "nowhere" };
  }
  return name === undefined ? { kind: "folder", folder } : { kind: "file", folder, name };
}

/** Throws a sentence that says what is wrong with a name that a school gives a file. */
export function checkName(name: string): void {
  // A file of such a name would stand where a report is to be put.
  if (isStageName(name)) {
    throw new Refusal(
      "permission_denied",
      "Names that end in a time code and .processing, .completed, .rejected or .original are given by the service. Choose another name in /inbound; the file was not changed.",
    );
  }
  const problem = nameProblem(name);
  if (problem) {
    throw new Refusal(
      "permission_denied",
      `This name ${problem}. A name has 1 to ${MAX_NAME_BYTES} bytes of UTF-8 without "/", "\\" and control characters; the file was not changed.`,
    );
  }
}

function nameProblem(name: string): string | undefined {
  const bytes = new TextEncoder().encode(name).length;
  if (bytes > MAX_NAME_BYTES) return `has ${bytes} bytes`;
  if (name.includes("\\")) return "has a backslash (folders are separated by /)";
  if (name.includes("\uFFFD")) {
    return "is not valid UTF-8 (set your client to UTF-8, or use plain letters)";
  }
  // Control, format (such as the marks that turn text around) and unassigned characters.
  if (/[\p{Cc}\p{Cf}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/u.test(name)) {
    return "has a control or invisible character";
  }
  if (name !== name.trim()) return "begins or ends with a space";
  return undefined;
}
