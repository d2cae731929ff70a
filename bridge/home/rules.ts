/**
 * Who may do what in a home (SPEC section 2), as sentences for the person at the client.
 */
import { isProcessingName } from "../../shared/file-names.ts";
import { Refusal } from "./home.ts";
import { cleanPath, type Place, placeOf } from "./paths.ts";

const allowed =
  "You may write, rename and delete files in /inbound, and read and delete files in /outbound.";

/** A refusal of what nobody may do here. */
export function denied(sentence: string): Refusal {
  return new Refusal("permission_denied", `${sentence} ${allowed}`);
}

export function nothingThere(path: string): Refusal {
  return new Refusal("no_such_file", `There is no ${shortened(cleanPath(path))} in this home.`);
}

/** The place of a file that the school may write or rename something to, or a refusal. */
export function writablePlace(path: string): Extract<Place, { kind: "file" }> {
  const place = placeOf(path);
  if (place.kind === "root" || place.kind === "folder") {
    throw denied(`${cleanPath(path)} is a folder and cannot be written or replaced.`);
  }
  if (place.kind === "nowhere") throw denied(noFolder(path));
  if (place.folder === "outbound") throw denied("Only the service writes into /outbound.");
  checkUnlocked(place.name);
  return place;
}

/** The place of a file that the school may take away from its path, or a refusal. */
export function movablePlace(path: string): Extract<Place, { kind: "file" }> {
  const place = placeOf(path);
  if (place.kind === "root" || place.kind === "folder") {
    throw denied(`${cleanPath(path)} is one of the fixed folders; it stays where it is.`);
  }
  if (place.kind === "nowhere") throw nothingThere(path);
  checkUnlocked(place.name);
  return place;
}

/** `*.processing` is the service's until it is done with the file. */
export function checkUnlocked(name: string): void {
  if (!isProcessingName(name)) return;
  throw new Refusal(
    "permission_denied",
    "Files named *.processing belong to the service until it is done with them; they cannot be made, changed, renamed or deleted.",
  );
}

/** `*.original` and `*.completed` say what was received and what came of it. */
export function isEvidence(name: string): boolean {
  return /\.(original|completed)$/i.test(name);
}

export function checkNoEvidence(name: string): void {
  if (!isEvidence(name)) return;
  throw new Refusal(
    "permission_denied",
    "Files named *.original and *.completed are evidence of what was received and what came of it; they can be read, renamed and deleted, but not made, changed or replaced, nor is another file renamed to such a name. Send a corrected roster as a .csv into /inbound.",
  );
}

function noFolder(path: string): string {
  const parts = cleanPath(path).split("/");
  return parts.length === 2
    ? `Rosters go into /inbound: send it as /inbound/${shortened(parts[1]!)}; nothing was stored.`
    : `There is no folder for ${shortened(cleanPath(path))}; nothing was stored.`;
}

function shortened(path: string): string {
  return path.length <= 100 ? path : `${path.slice(0, 100)}…`;
}
