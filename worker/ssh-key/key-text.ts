/** Tells the kinds of text apart that people send when they are asked for a public key. */
import { unseen } from "../given.ts";
import { KeyRefusal, unreadable } from "./refusal.ts";

export interface KeyText {
  type: string;
  base64: string;
  comment: string;
}

/** No public key is longer, in characters. */
const MOST = 16_384;

/** `ssh-rsa`, `sk-ssh-ed25519@openssh.com`, `ecdsa-sha2-nistp256-cert-v01@openssh.com`. */
const keyType = /^(sk-)?(ssh|ecdsa|rsa-sha2)-[a-z0-9@.-]+$/i;

/** @throws KeyRefusal */
export function keyText(sent: string): KeyText {
  const text = sent.replace(/^\uFEFF/, "").trim();
  if (text === "") throw unreadable("nothing was sent");
  refusePrivate(text);
  if (text.length > MOST) throw unreadable(`it has ${text.length} characters`);
  refuseOtherForms(text);
  if (/^---- ?BEGIN SSH2 PUBLIC KEY ?----/.test(text)) return rfc4716(text);
  const lines = text.split(/\r\n|\r|\n/).map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  if (lines.length > 1) throw severalLines(lines);
  return openSshLine(lines[0] ?? "");
}

function refusePrivate(text: string): void {
  // The last is how the body of an OpenSSH private key begins.
  if (!/PRIVATE KEY|PuTTY-User-Key-File|b3BlbnNzaC1rZXktdjE/i.test(text)) return;
  throw new KeyRefusal(
    "key_private",
    "This is a private key. It must never leave its owner, and it was not stored here; as it was " +
      "sent, it is no longer secret: do not use it any more, make a new pair with ssh-keygen -t rsa " +
      "-b 4096, and send only the file that ends in .pub.",
  );
}

function refuseOtherForms(text: string): void {
  if (/^-----BEGIN (RSA )?PUBLIC KEY-----/.test(text)) {
    const form = text.includes("RSA PUBLIC") ? "PEM" : "PKCS8";
    throw new KeyRefusal(
      "key_pem",
      "This is a public key in PEM form. Convert it to an OpenSSH line with: ssh-keygen -i -m " +
        `${form} -f key.pem`,
    );
  }
  if (/^-----BEGIN (TRUSTED )?CERTIFICATE-----/.test(text)) {
    throw new KeyRefusal(
      "key_certificate",
      "This is an X.509 certificate, not an SSH key. Send the line of an SSH key's .pub file.",
    );
  }
  if (text.includes("\0") || text.includes("\uFFFD")) {
    throw unreadable("it is not plain text; a .pub file saved as UTF-16 looks like that");
  }
}

function severalLines(lines: string[]): KeyRefusal {
  const keys = lines.filter((line) => line.split(/\s+/).some((word) => keyType.test(word))).length;
  if (keys <= 1) return unreadable(`it is broken into ${lines.length} lines`);
  return new KeyRefusal(
    "key_several",
    `These are ${keys} keys. Send each one in a call of its own; none was added.`,
  );
}

function openSshLine(line: string): KeyText {
  const words = line.split(/[ \t]+/);
  const [type = "", base64 = "", ...comment] = words;
  if (!keyType.test(type)) {
    if (/^AAAA[A-Za-z0-9+/]/.test(type)) throw unreadable("its type is missing before the AAAA…");
    if (words.slice(1).some((word) => keyType.test(word))) {
      throw new KeyRefusal(
        "key_options",
        "Options of authorized_keys stand before this key; they have no meaning here. Send the line " +
          "from the key's type on: ssh-rsa AAAA… comment.",
      );
    }
    throw unreadable("it does not begin with a key type such as ssh-rsa");
  }
  if (base64 === "") throw unreadable("there is nothing after its type");
  return { type, base64, comment: cleanComment(comment.join(" ")) };
}

/** RFC 4716: headers, which a backslash continues on the next line, then the wire form in base64. */
function rfc4716(text: string): KeyText {
  const end = /^---- ?END SSH2 PUBLIC KEY ?----$/m;
  const [body = "", after = ""] = text.split(end);
  if (!end.test(text)) throw unreadable("its last line, ---- END SSH2 PUBLIC KEY ----, is missing");
  if (after.trim() !== "") {
    throw new KeyRefusal(
      "key_several",
      "More follows after the key's last line. Send one key in a call of its own; none was added.",
    );
  }
  const lines = body.replace(/\\\r?\n/g, "").split(/\r\n|\r|\n/).slice(1).map((line) =>
    line.trim()
  );
  const headers = lines.filter((line) => line.includes(":"));
  const base64 = lines.filter((line) => !line.includes(":")).join("");
  const comment = headers.map((line) => /^Comment: *"?(.*?)"?$/i.exec(line)?.[1]).find(Boolean) ??
    "";
  return { type: typeInside(base64), base64, comment: cleanComment(comment) };
}

/** The type is only in the bytes: a length below 256, then the name. */
function typeInside(base64: string): string {
  let binary: string;
  try {
    binary = atob(base64);
  } catch {
    throw unreadable("what stands between its first and its last line is not base64");
  }
  return binary.slice(4, 4 + binary.charCodeAt(3));
}

function cleanComment(comment: string): string {
  return comment.replace(unseen, "").trim().slice(0, 200);
}
