import { vlenOf } from "../index/offsets.ts";
import type { Limits } from "./limits.ts";
import type { TypeWords } from "./type-words.ts";

/** libbpf's limit (`MAX_RESOLVE_DEPTH`). */
const MAX_RESOLVE_DEPTH = 32;
const LARGEST_SIZE = 0xffff_ffff;

/** `long` in the ways that compilers spell it (libbpf: `determine_ptr_size`). */
const longNames = [
  "long",
  "long int",
  "int long",
  "unsigned long",
  "long unsigned",
  "unsigned long int",
  "unsigned int long",
  "long unsigned int",
  "long int unsigned",
  "int unsigned long",
  "int long unsigned",
];

/** Sizes and alignments of types as the C compiler lays them out on the machine that the BTF is for. */
export class Layout {
  /** In bytes, read off the size of `long`; 8 when there is none. */
  readonly pointerSize: 4 | 8;
  readonly #types: TypeWords;
  readonly #limits: Limits;
  /** By id, plus 1; 0 before it is known. */
  readonly #alignments: Uint8Array;
  /** By id; 0 before it is known. */
  readonly #sizes: Uint32Array;

  constructor(types: TypeWords, limits: Limits) {
    this.#types = types;
    this.#limits = limits;
    this.#alignments = new Uint8Array(types.typeCount);
    this.#sizes = new Uint32Array(types.typeCount);
    this.pointerSize = pointerSizeOf(types);
  }

  /** The alignment in bytes, 1 for what must have been packed, 0 for what has none (libbpf: `btf__align_of`). */
  alignOf(id: number): number {
    const known = this.#alignments[id] ?? 0;
    if (known > 0) return known - 1;
    this.#limits.enter(id);
    const alignment = this.#computeAlignment(id);
    this.#limits.leave();
    this.#alignments[id] = alignment + 1;
    return alignment;
  }

  /** `sizeof` in bytes, 0 for what has none (libbpf: `btf__resolve_size`). */
  sizeOf(id: number): number {
    const known = this.#sizes[id] ?? 0;
    if (known > 0) return known;
    return (this.#sizes[id] = this.#computeSize(id));
  }

  #computeSize(id: number): number {
    const types = this.#types;
    let elements = 1;
    let at = id;
    for (let depth = 0; depth < MAX_RESOLVE_DEPTH; depth++) {
      switch (types.kind(at)) {
        case "int":
        case "struct":
        case "union":
        case "enum":
        case "enum64":
        case "datasec":
        case "float":
          return total(elements, types.size32(at));
        case "ptr":
          return total(elements, this.pointerSize);
        case "array":
          elements *= types.nelems(at);
          if (elements > LARGEST_SIZE) return 0;
          at = types.target(at);
          break;
        case "typedef":
        case "volatile":
        case "const":
        case "restrict":
        case "type_tag":
        case "var":
        case "decl_tag":
          at = types.target(at);
          break;
        case "void":
        case "fwd":
        case "func":
        case "func_proto":
          return 0;
      }
    }
    return 0;
  }

  /** Whether only `__attribute__((packed))` gives a struct this layout (libbpf: `btf_is_struct_packed`). */
  isPacked(id: number): boolean {
    const largest = this.#largestAlignment(id, false);
    return largest === undefined || this.#types.size32(id) % largest !== 0;
  }

  #computeAlignment(id: number): number {
    const types = this.#types;
    switch (types.kind(id)) {
      case "int":
      case "enum":
      case "enum64":
      case "float":
        return Math.min(this.pointerSize, types.size32(id));
      case "ptr":
        return this.pointerSize;
      case "typedef":
      case "volatile":
      case "const":
      case "restrict":
      case "type_tag":
      case "array":
        return this.alignOf(types.target(id));
      case "struct":
      case "union": {
        const largest = this.#largestAlignment(id, true) ?? 1;
        return largest > 0 && types.size32(id) % largest !== 0 ? 1 : largest;
      }
      case "void":
      case "fwd":
      case "func":
      case "func_proto":
      case "var":
      case "datasec":
      case "decl_tag":
        return 0;
    }
  }

  /**
   * The largest alignment of a member, at least 1; undefined when a member that is no bit-field is not where its own
   * alignment puts it. A member without one is passed over, or makes the whole have none, which is 0.
   */
  #largestAlignment(id: number, strict: boolean): number | undefined {
    const { words } = this.#types;
    const alignments = this.#alignments;
    const start = this.#types.at(id);
    const info = words[start + 1] ?? 0;
    const hasBitFields = info >>> 31 === 1;
    let largest = 1;
    let at = start + 3;
    for (let left = vlenOf(info); left > 0; left--, at += 3) {
      const type = words[at + 1] ?? 0;
      const known = alignments[type] ?? 0;
      const alignment = known > 0 ? known - 1 : this.alignOf(type);
      if (alignment === 0) {
        if (strict) return 0;
        continue;
      }
      const offset = words[at + 2] ?? 0;
      const isBitField = hasBitFields && offset >>> 24 !== 0;
      if (!isBitField && offset % (8 * alignment) !== 0) return undefined;
      if (alignment > largest) largest = alignment;
    }
    return largest;
  }
}

function total(elements: number, size: number): number {
  const bytes = elements * size;
  return bytes <= LARGEST_SIZE ? bytes : 0;
}

function pointerSizeOf(types: TypeWords): 4 | 8 {
  for (let id = 1; id < types.typeCount; id++) {
    if (types.kind(id) !== "int") continue;
    const size = types.size32(id);
    if (size !== 4 && size !== 8) continue;
    const nameOff = types.nameOff(id);
    if (longNames.some((name) => types.nameIs(nameOff, name))) return size;
  }
  return 8;
}
