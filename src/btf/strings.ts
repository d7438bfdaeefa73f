import type { Btf } from "./btf.ts";
import { ByteWriter } from "./bytes.ts";
import { CoreGenError } from "../errors.ts";

/** What the string section of new BTF continues. */
export interface StringSource {
  /** Whose strings count as well, and come first: those of the base of split BTF. */
  readonly base?: Btf | undefined;
  /** A string section that stays as it is, in front of what is added. */
  readonly own?: Uint8Array | undefined;
  /** How many bytes there may be, see {@link mostStrings}. Default: any number. */
  readonly most?: number;
}

/**
 * More than names take that stood in so many bytes. In damaged BTF all names can be parts of one endless string: without
 * a limit, a small file would fill all memory when each of them is written by itself.
 */
export function mostStrings(bytes: number): number {
  return 2 ** 20 + 4 * bytes;
}

/**
 * The string section of BTF that is being written: every text once, in the order in which they are asked for, as libbpf's
 * `btf__add_str` has it. Of texts that are there twice in what it continues, the first is taken.
 */
export class StringWriter {
  readonly #bytes = new ByteWriter(true);
  readonly #base: ReadonlyMap<string, number> | undefined;
  readonly #start: number;
  readonly #most: number;
  readonly #offsets: Map<string, number>;

  constructor({ base, own, most = Number.POSITIVE_INFINITY }: StringSource = {}) {
    this.#most = most;
    this.#base = base === undefined ? undefined : offsetsInBase(base);
    this.#start = base?.stringsLength ?? 0;
    this.#offsets = new Map();
    if (own !== undefined) {
      this.#bytes.append(own);
      addOffsets(this.#offsets, own, this.#start);
    } else if (base === undefined) {
      this.#bytes.u8(0);
    }
  }

  /** Where the text is or will be, as offsets count: through the base's strings first. */
  offsetOf(text: string): number {
    if (text.includes("\0"))
      throw new CoreGenError(
        "bad-input",
        `BTF can't hold the name ${JSON.stringify(text)}: names end at the first NUL`,
      );
    return ASCII.test(text) ? this.#offsetOf(text, () => utf8.encode(text)) : this.offsetOfBytes(utf8.encode(text));
  }

  /** The same for the bytes of a name, which need not be UTF-8. */
  offsetOfBytes(bytes: Uint8Array): number {
    return this.#offsetOf(keyOf(bytes), () => bytes);
  }

  #offsetOf(key: string, bytes: () => Uint8Array): number {
    if (key === "") return 0;
    const known = this.#base?.get(key) ?? this.#offsets.get(key);
    if (known !== undefined) return known;
    const offset = this.#start + this.#bytes.length;
    this.#bytes.append(bytes());
    this.#bytes.u8(0);
    if (this.#bytes.length > this.#most)
      throw new CoreGenError("bad-btf", "the names of the types overlap, and are too long to be written one by one");
    this.#offsets.set(key, offset);
    return offset;
  }

  finish(): Uint8Array {
    return this.#bytes.finish();
  }
}

const utf8 = new TextEncoder();
/** A character for each byte, and the same one in ASCII: what is not UTF-8 must not become the same as something else. */
const bytewise = new TextDecoder("windows-1252");
const ASCII = /^[\u0001-\u007f]*$/u;

function keyOf(name: Uint8Array): string {
  return bytewise.decode(name);
}

/** A kernel has 100,000 strings and thousands of modules on top of it: they are read once. */
const knownBases = new WeakMap<Btf, ReadonlyMap<string, number>>();

function offsetsInBase(base: Btf): ReadonlyMap<string, number> {
  let offsets = knownBases.get(base);
  if (offsets === undefined) knownBases.set(base, (offsets = addOffsets(new Map(), base.strings, 0)));
  return offsets;
}

function addOffsets(offsets: Map<string, number>, strings: Uint8Array, start: number): Map<string, number> {
  for (let at = 0; at < strings.length;) {
    const end = strings.indexOf(0, at);
    const key = keyOf(strings.subarray(at, end < 0 ? strings.length : end));
    if (!offsets.has(key)) offsets.set(key, start + at);
    at = end < 0 ? strings.length : end + 1;
  }
  return offsets;
}
