import type { Btf } from "../btf.ts";
import { fieldsOf, type KindFields, type Word } from "../fields.ts";
import { kindOf, vlenOf } from "../index/offsets.ts";
import { kinds, type BtfKind } from "../types.ts";
import { CoreGenError } from "../../errors.ts";

/** `struct btf_type`: name, info, and the size or type. */
const HEADER_WORDS = 3;

/**
 * All types of some BTF and its base as one array of 32-bit words in this machine's order, to be compared and changed
 * without an object for each: the kernel's are made of millions.
 */
export class RawTypes {
  readonly words: Uint32Array;
  /** Where each type begins, by id, void's three zeros included; one more for where the last one ends. */
  readonly starts: Uint32Array;
  readonly typeCount: number;
  /** The id of the first type that is not the base's. */
  readonly firstId: number;
  readonly #what: string;

  /** Throws a `CoreGenError` when a type refers to one that isn't there (`bad-btf`), or is of an unknown kind (`unsupported`). */
  constructor(btf: Btf) {
    this.#what = btf.what;
    this.typeCount = btf.typeCount;
    this.firstId = btf.firstId;
    this.starts = startsOf(btf);
    this.words = new Uint32Array(this.starts[btf.typeCount] ?? 0);
    for (let at: Btf | undefined = btf; at !== undefined; at = at.base) this.#copy(at);
    for (let id = this.firstId; id < this.typeCount; id++) this.#checkReferences(id);
  }

  name(id: number): number {
    return this.words[this.at(id)] ?? 0;
  }

  info(id: number): number {
    return this.words[this.at(id) + 1] ?? 0;
  }

  kind(id: number): BtfKind {
    return kinds[kindOf(this.info(id))] ?? "void";
  }

  vlen(id: number): number {
    return vlenOf(this.info(id));
  }

  at(id: number): number {
    return this.starts[id] ?? 0;
  }

  end(id: number): number {
    return this.starts[id + 1] ?? 0;
  }

  /** Where the words of a type with one meaning are, in order. */
  places(id: number, word: Word): number[] {
    const found: number[] = [];
    const { third, once, element } = fieldsOf(kindOf(this.info(id))) ?? empty;
    const start = this.at(id);
    if (word === "name") found.push(start);
    if (word === third) found.push(start + 2);
    const behind = start + HEADER_WORDS;
    for (let index = 0; index < once.length; index++) if (once[index] === word) found.push(behind + index);
    for (let at = behind + once.length; element.length > 0 && at < this.end(id); at += element.length)
      for (let index = 0; index < element.length; index++) if (element[index] === word) found.push(at + index);
    return found;
  }

  /** Throws an error about this BTF. */
  fail(problem: string): never {
    throw new CoreGenError("bad-btf", `${this.#what}: ${problem}`);
  }

  #copy(btf: Btf): void {
    const { bytes, littleEndian } = btf;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let id = btf.firstId; id < btf.typeCount; id++) {
      let from = btf.offsetOf(id);
      for (let to = this.at(id); to < this.end(id); to++, from += 4)
        this.words[to] = view.getUint32(from, littleEndian);
    }
  }

  #checkReferences(id: number): void {
    for (const place of this.places(id, "type")) {
      const to = this.words[place] ?? 0;
      if (to >= this.typeCount) this.fail(`type [${id}] refers to [${to}], the last one is [${this.typeCount - 1}]`);
    }
  }
}

const empty: KindFields = { third: "number", once: [], element: [] };

function startsOf(btf: Btf): Uint32Array {
  const starts = new Uint32Array(btf.typeCount + 1);
  for (let at: Btf | undefined = btf; at !== undefined; at = at.base)
    for (let id = at.firstId; id < at.typeCount; id++) starts[id] = lengthOf(at, id);
  starts[0] = HEADER_WORDS;
  let next = 0;
  for (let id = 0; id <= btf.typeCount; id++) {
    const length = starts[id] ?? 0;
    starts[id] = next;
    next += length;
  }
  return starts;
}

/** In words. */
function lengthOf(btf: Btf, id: number): number {
  const view = new DataView(btf.bytes.buffer, btf.bytes.byteOffset, btf.bytes.byteLength);
  const info = view.getUint32(btf.offsetOf(id) + 4, btf.littleEndian);
  const fields = fieldsOf(kindOf(info));
  if (fields !== undefined) return HEADER_WORDS + fields.once.length + fields.element.length * vlenOf(info);
  throw new CoreGenError(
    "unsupported",
    `${btf.what}: types can't be compared: [${id}] is of kind ${kindOf(info)}, and what that is made of is not known`,
  );
}
