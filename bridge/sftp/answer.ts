/**
 * What a request comes to when it is not refused.
 */
import type { Attributes } from "../home/home.ts";
import type { WireAttributes } from "./fields.ts";

export type Answer =
  | { type: "ok" }
  | { type: "end of file" }
  | { type: "handle"; handle: Buffer }
  /** `sent` is called when they need not be kept any more. */
  | { type: "bytes"; bytes: Uint8Array; sent(): void }
  | { type: "entries"; entries: { name: Buffer; longname: Buffer; attributes: WireAttributes }[] }
  | { type: "attributes"; attributes: Attributes }
  | { type: "extended"; body: Buffer };
