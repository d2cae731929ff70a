/**
 * A slice as its physical lines: where each is in the bytes and in the decoded text.
 */

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const BYTE_ORDER_MARK = 0xfeff;

/** A place in a slice: the same LF in the bytes and in the text, or the end of both. */
export interface LineEnd {
  byte: number;
  text: number;
  /** So many lines after the current one. */
  more: number;
}

/** Walks over a slice's physical lines. Positions only grow. */
export class Lines {
  /** The current line's number, where it starts and where its LF is (or the end). */
  line: number;
  start = 0;
  textStart = 0;
  endByte = -1;
  endText = -1;

  /** The lines that are whole, decoded once; U+FFFD stands for what is not UTF-8. */
  readonly text: string;
  readonly valid: boolean;
  /** One character a byte: positions in the text are positions in the bytes. */
  readonly #oneByte: boolean;

  /**
   * @param origin where the bytes start in the slice they are a block of
   * @param line the number of the line the bytes start in; line 1 may start with a byte-order mark
   * @param last no bytes follow: the end of the bytes ends the last line
   */
  constructor(readonly bytes: Uint8Array, readonly origin: number, line: number, last: boolean) {
    const whole = last ? bytes : bytes.subarray(0, bytes.lastIndexOf(LF) + 1);
    const decoded = decode(whole);
    this.line = line;
    this.text = decoded.text;
    this.valid = decoded.valid;
    this.#oneByte = decoded.valid && decoded.text.length === whole.length;
    this.#findEnd();
    if (line === 1 && this.text.charCodeAt(0) === BYTE_ORDER_MARK) this.textStart = 1;
  }

  /** Does the current line end with an LF, not with the bytes? */
  get ended(): boolean {
    return this.endByte < this.bytes.length;
  }

  /** Where the current line's content ends in the text: before LF or CR LF. */
  get textEnd(): number {
    const end = this.endText;
    return this.ended && this.text.charCodeAt(end - 1) === CR ? end - 1 : end;
  }

  /**
   * The line end that is at `text` in the text, on a later line than the current one; or the first
   * one that is more than `reach` bytes away.
   */
  endAt(text: number, reach: number): LineEnd {
    const end: LineEnd = { byte: this.endByte, text: this.endText, more: 0 };
    while (end.text < text && end.byte - this.start <= reach) {
      end.byte = orEnd(this.bytes.indexOf(LF, end.byte + 1), this.bytes.length);
      end.text = orEnd(this.text.indexOf("\n", end.text + 1), this.text.length);
      end.more++;
    }
    return end;
  }

  /** Bytes from the current line's start to an LF at `end`, without LF or CR LF. */
  contentBytes(end: number): number {
    const { bytes, start } = this;
    const crlf = end < bytes.length && end > start && bytes[end - 1] === CR;
    return end - start - (crlf ? 1 : 0);
  }

  /** Takes the current line to end at `end`, the end of a later line. */
  extendTo(end: LineEnd): void {
    this.line += end.more;
    this.endByte = end.byte;
    this.endText = end.text;
  }

  /** Goes to the next line. */
  next(): void {
    this.line++;
    this.start = Math.min(this.endByte + 1, this.bytes.length);
    this.textStart = Math.min(this.endText + 1, this.text.length);
    this.#findEnd();
  }

  /** Is there nothing but spaces on the current line? */
  isBlank(): boolean {
    const end = this.textEnd;
    let at = this.textStart;
    while (at < end && this.text.charCodeAt(at) === SPACE) at++;
    return at >= end;
  }

  #findEnd(): void {
    this.endByte = orEnd(this.bytes.indexOf(LF, this.start), this.bytes.length);
    this.endText = this.#oneByte && this.ended
      ? this.endByte
      : orEnd(this.text.indexOf("\n", this.textStart), this.text.length);
  }
}

/**
 * Finds the next occurrence at or after a position that only ever grows. Each is searched for once,
 * however often it is asked for: that keeps a file without commas from costing its square.
 */
export class Jumps {
  #next = -1;

  constructor(readonly text: string, readonly character: string) {}

  from(position: number): number {
    if (this.#next < position) {
      this.#next = orEnd(this.text.indexOf(this.character, position), this.text.length);
    }
    return this.#next;
  }
}

export function isUtf8(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

// ignoreBOM keeps a U+FEFF that a slice happens to start with: only the file's first one is a mark.
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/** An invalid byte is never part of a line end, comma or quote, so these stay where they are. */
function decode(bytes: Uint8Array): { text: string; valid: boolean } {
  try {
    return { text: strict.decode(bytes), valid: true };
  } catch {
    return { text: lenient.decode(bytes), valid: false };
  }
}

function orEnd(index: number, end: number): number {
  return index === -1 ? end : index;
}
