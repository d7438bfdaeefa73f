import { LONGEST_NAME } from "../bytes.ts";
import type { Limits } from "./limits.ts";

const NEWLINE = 0x0a;
const TAB = 0x09;
const MINUS = 0x2d;
const ZERO = 0x30;
/** libbpf never indents by more. */
const DEEPEST_INDENT = 13;
/** What {@link CText.again} takes. */
export const LONGEST_REPEATED = 256;
/** Room for anything that is appended at once, strings of ours and numbers included. */
const SLACK = LONGEST_NAME + 1;
/** How much longer C may be than BTF: kernels' is half as long, an object's at most a few times. */
const BYTES_PER_BYTE = 8;
const BYTES_AT_LEAST = 1 << 23;

/** C that is being written, as bytes: names are copied out of the strings without becoming strings of JavaScript. */
export class CText {
  readonly #strings: Uint8Array;
  readonly #limits: Limits;
  readonly #longest: number;
  #bytes: Uint8Array;
  #length = 0;

  /** `size` is how many bytes of BTF it is made of. */
  constructor(strings: Uint8Array, size: number, limits: Limits) {
    this.#strings = strings;
    this.#limits = limits;
    this.#longest = BYTES_AT_LEAST + BYTES_PER_BYTE * size;
    this.#bytes = new Uint8Array(size + 2 * SLACK);
  }

  /** How many bytes were written. */
  get length(): number {
    return this.#length;
  }

  /** Appends one ASCII character. */
  byte(code: number): void {
    this.#makeRoom();
    this.#bytes[this.#length++] = code;
  }

  /** Appends ASCII text. */
  text(text: string): void {
    this.#makeRoom();
    const bytes = this.#bytes;
    const start = this.#length;
    for (let i = 0; i < text.length; i++) bytes[start + i] = text.charCodeAt(i);
    this.#length = start + text.length;
  }

  /** Appends the name at an offset of the strings. */
  name(nameOff: number): void {
    this.#makeRoom();
    const strings = this.#strings;
    const bytes = this.#bytes;
    let length = this.#length;
    let at = nameOff;
    // One without an end runs into that of the array, where nothing is written any more.
    for (let byte = strings[at] ?? 0; byte !== 0; byte = strings[++at] ?? 0) bytes[length++] = byte;
    if (at - nameOff > LONGEST_NAME)
      this.#limits.fail(`a name has more than ${LONGEST_NAME} bytes, no compiler writes that`);
    this.#length = length;
  }

  /** Appends once more what was written at `start`, less than {@link LONGEST_REPEATED} bytes. */
  again(start: number, length: number): void {
    this.#makeRoom();
    const bytes = this.#bytes;
    const to = this.#length;
    for (let i = 0; i < length; i++) bytes[to + i] = bytes[start + i] ?? 0;
    this.#length = to + length;
  }

  /** Whether the last character is this one. */
  endsWith(code: number): boolean {
    return this.#bytes[this.#length - 1] === code;
  }

  /** Appends the n-th of some equal names, n in `occurrence`: "x", "x___2"; libbpf cuts the latter to 255 bytes. */
  uniqueName(nameOff: number, occurrence: number): void {
    const start = this.#length;
    this.name(nameOff);
    if (occurrence < 2) return;
    this.text("___");
    this.number(occurrence);
    this.#length = Math.min(this.#length, start + 255);
  }

  /** Appends a whole number in decimal. */
  number(value: number): void {
    this.#makeRoom();
    const bytes = this.#bytes;
    if (value < 0) bytes[this.#length++] = MINUS;
    let left = Math.abs(value);
    let digits = 1;
    for (let power = 10; power <= left; power *= 10) digits++;
    this.#length += digits;
    for (let at = this.#length - 1; digits > 0; digits--, at--) {
      bytes[at] = ZERO + (left % 10);
      left = Math.floor(left / 10);
    }
  }

  /** Begins a new line, indented by `level` tabs. */
  line(level: number): void {
    this.#makeRoom();
    this.#bytes[this.#length++] = NEWLINE;
    this.indent(level);
  }

  indent(level: number): void {
    for (let i = Math.min(level, DEEPEST_INDENT); i > 0; i--) this.#bytes[this.#length++] = TAB;
  }

  /** All that was written, as a view. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #makeRoom(): void {
    if (this.#length + SLACK <= this.#bytes.length) return;
    if (this.#length > this.#longest)
      this.#limits.fail(`as C it is more than ${this.#longest} bytes long, which only damaged BTF is`);
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
