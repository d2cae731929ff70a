/** JSch, as schools' programs in Java have it: Debian's own is 0.1.55, Debian 13's the fork that follows it. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { newer } from "./newer-debian.ts";
import { here, locate } from "./stage.ts";

const folder = dirname(newer);
const classes = join(folder, "java");
const library = { "0.1.55": "/usr/share/java", "0.2": join(folder, "root/usr/share/java") };

/** The words that run Hand.java with it. */
export const jschHand = (version: keyof typeof library): string[] => [
  "-cp",
  [classes, ...["jsch", "jzlib"].map((name) => join(library[version], `${name}.jar`))].join(":"),
  "Hand",
];

/** Compiles Hand.java. @throws Error where Java, its compiler or JSch is missing */
export function compileHand(): void {
  mkdirSync(classes, { recursive: true });
  const words = ["-11", "-proc:none", "-cp", join(library["0.1.55"], "jsch.jar"), "-d", classes];
  execFileSync(locate("ecj"), [...words, here("Hand.java")], { stdio: "inherit" });
}
