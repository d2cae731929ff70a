/**
 * What a request comes to when it is not refused.
 */
import type { Attributes } from "../home/home.ts";
import type { WireAttributes } from "./fields.ts";

export type Answer =
  | { type: "ok" }
  | { type: "end of file" }
  | { type: "handle"; handle: Buffer }
  | BytesAnswer
  | { type: "entries"; entries: { name: Buffer; longname: Buffer; attributes: WireAttributes }[] }
  | { type: "attributes"; attributes: Attributes }
  | { type: "extended"; body: Buffer };

export interface BytesAnswer {
  type: "bytes";
  bytes: Uint8Array;
  /** The same bytes where there is room before them for what their packet begins with. */
  packet?: Buffer | undefined;
  /** Called when they need not be kept any more. */
  sent(): void;
}
