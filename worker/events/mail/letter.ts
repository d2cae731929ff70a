/** A mail before it is text or HTML. */
import type { Said } from "./sentences.ts";

/** One item of a mail as both forms show it. */
export interface Item extends Omit<Said, "path"> {
  when: string;
  link: string | undefined;
}

export interface Letter {
  schoolName: string;
  heading: string;
  items: Item[];
  /** What stands below. */
  closing: string[];
}
