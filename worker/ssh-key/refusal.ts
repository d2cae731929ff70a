/** Why a key is refused: a stable word and a sentence. Neither holds anything of what was sent. */
export class KeyRefusal extends Error {
  constructor(readonly code: KeyRefusalCode, message: string) {
    super(message);
    this.name = "KeyRefusal";
  }
}

export type KeyRefusalCode =
  | "key_private"
  | "key_unreadable"
  | "key_several"
  | "key_options"
  | "key_pem"
  | "key_certificate"
  | "key_hardware"
  | "key_dsa"
  | "key_type_not_allowed"
  | "key_rsa_short"
  | "key_rsa_weak";

/** What to do about a key that cannot be used. */
export const newPair =
  "Make a new pair with: ssh-keygen -t rsa -b 4096 — and send the file that ends in .pub.";

export function unreadable(why: string): KeyRefusal {
  return new KeyRefusal(
    "key_unreadable",
    `This is not a public key that can be read: ${why}. Send the one line of the file that ends in ` +
      ".pub, as it is: ssh-rsa AAAA… comment.",
  );
}
