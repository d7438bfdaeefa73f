import { LONGEST_REPEATED, type CText } from "./c-text.ts";
import type { Limits } from "./limits.ts";
import type { TypeWords } from "./type-words.ts";
import type { UniqueNames } from "./unique-names.ts";

const SPACE = 0x20;
const STAR = 0x2a;

/** Writes the body of a struct, union or enum that has no name. */
export type WriteInline = (id: number, level: number) => void;

/**
 * Writes declarations: `const char *(*names[4])(int)`. BTF has a chain from the declared name to the innermost type, C
 * begins with the innermost and goes outwards from it (libbpf: `btf_dump_emit_type_chain`).
 */
export class Declarations {
  readonly #out: CText;
  readonly #types: TypeWords;
  readonly #names: UniqueNames;
  readonly #limits: Limits;
  readonly #writeInline: WriteInline;
  /**
   * Types that declarations are made of, from what is declared to the innermost: pointer, array, int. The last ones are
   * written first. One stack for all: a struct without a name has declarations inside a declaration.
   */
  readonly #stack: number[] = [];
  /** How many of them are not written yet. */
  #used = 0;
  /** Where a declaration as this type was written, up to the declared name, by id; most members are of few types. */
  readonly #written: Uint32Array;
  /** How long that is; 0 for what was not written yet, or is not the same in every place. */
  readonly #lengths: Uint8Array;

  constructor(out: CText, types: TypeWords, names: UniqueNames, limits: Limits, writeInline: WriteInline) {
    this.#out = out;
    this.#types = types;
    this.#names = names;
    this.#limits = limits;
    this.#writeInline = writeInline;
    this.#written = new Uint32Array(types.typeCount);
    this.#lengths = new Uint8Array(types.typeCount);
  }

  /**
   * Declares a name as a type; `occurrence` as {@link UniqueNames} counts. Without a name it is a type alone. `level` is how
   * far the declaration is indented, for what is inside its braces.
   */
  write(id: number, nameOff: number, occurrence: number, level: number): void {
    const length = this.#lengths[id] ?? 0;
    if (length === 0) {
      this.#writeNew(id, nameOff, occurrence, level);
    } else {
      this.#out.again(this.#written[id] ?? 0, length);
      this.#writeName(nameOff, occurrence, this.#out.endsWith(STAR));
    }
  }

  #writeNew(id: number, nameOff: number, occurrence: number, level: number): void {
    this.#limits.enter(id);
    const used = this.#used;
    this.#collect(id);
    this.#writeChain(used, nameOff, occurrence, level, true);
    this.#used = used;
    this.#limits.leave();
  }

  #collect(id: number): void {
    for (let at = id; ; at = this.#types.target(at)) {
      this.#limits.spend(1);
      this.#stack[this.#used++] = at;
      switch (this.#types.kind(at)) {
        case "ptr":
        case "array":
        case "volatile":
        case "const":
        case "restrict":
        case "type_tag":
        case "func_proto":
          break;
        case "void":
        case "int":
        case "float":
        case "struct":
        case "union":
        case "enum":
        case "enum64":
        case "fwd":
        case "typedef":
          return;
        case "func":
        case "var":
        case "datasec":
        case "decl_tag":
          // libbpf warns and writes a declaration that no compiler takes.
          this.#types.fail(`type [${at}] is a ${this.#types.kind(at)}, C can't declare anything as that`);
      }
    }
  }

  /** Writes what is on the stack from `start` on; `isWhole` if nothing of the declaration was written yet. */
  #writeChain(start: number, nameOff: number, occurrence: number, level: number, isWhole: boolean): void {
    const out = this.#out;
    const types = this.#types;
    const outermost = this.#stack[start] ?? 0;
    const from = out.length;
    let isSameEverywhere = isWhole;
    // `int ***`, not `int * * *`; and a chain that begins with a pointer is inside parentheses: `(*name)`.
    let lastWasPointer = true;
    while (this.#used > start) {
      const id = this.#stack[--this.#used] ?? 0;
      const kind = types.kind(id);
      switch (kind) {
        case "ptr":
          if (!lastWasPointer) out.byte(SPACE);
          out.byte(STAR);
          break;
        case "volatile":
        case "const":
        case "restrict":
          out.byte(SPACE);
          out.text(kind);
          break;
        case "array":
          this.#writeArray(id, start, nameOff, occurrence, level, lastWasPointer);
          return;
        case "func_proto":
          this.#writeFunction(id, start, nameOff, occurrence, level, lastWasPointer);
          return;
        default:
          this.#writeQualifiers(start);
          if (!this.#writeInnermost(id, level)) isSameEverywhere = false;
      }
      lastWasPointer = kind === "ptr";
    }
    const length = out.length - from;
    if (isSameEverywhere && length < LONGEST_REPEATED) {
      this.#written[outermost] = from;
      this.#lengths[outermost] = length;
    }
    this.#writeName(nameOff, occurrence, lastWasPointer);
  }

  /**
   * A type that others are built around, or a type tag, which is written at the same place. Whether it is the same in every
   * place.
   */
  #writeInnermost(id: number, level: number): boolean {
    const types = this.#types;
    const nameOff = types.nameOff(id);
    const kind = types.kind(id);
    switch (kind) {
      case "void":
        this.#out.text("void");
        break;
      case "struct":
      case "union":
      case "enum":
      case "enum64":
        if (nameOff === 0) {
          this.#writeInline(id, level);
          return false;
        }
        this.#out.text(kind === "enum64" ? "enum" : kind);
        this.#out.byte(SPACE);
        this.#out.uniqueName(nameOff, this.#names.ofTag(id));
        break;
      case "fwd":
        this.#out.text(types.kindFlag(id) ? "union " : "struct ");
        this.#out.name(nameOff);
        break;
      case "typedef":
        this.#out.uniqueName(nameOff, this.#names.ofTypedef(id));
        break;
      case "type_tag":
        this.#writeTypeTag(id);
        break;
      default:
        this.#out.name(nameOff);
    }
    return true;
  }

  #writeTypeTag(id: number): void {
    // With the kind flag it is any attribute: pahole writes `address_space(1)` so.
    const any = this.#types.kindFlag(id);
    this.#out.text(any ? " __attribute__((" : ' __attribute__((btf_type_tag("');
    this.#out.name(this.#types.nameOff(id));
    this.#out.text(any ? "))" : '")))');
  }

  #writeArray(
    id: number,
    start: number,
    nameOff: number,
    occurrence: number,
    level: number,
    lastWasPointer: boolean,
  ): void {
    const out = this.#out;
    // GCC repeats the elements' qualifiers on the array (https://gcc.gnu.org/bugzilla/show_bug.cgi?id=8354).
    this.#dropQualifiers(start);
    if (this.#used === start) {
      this.#writeName(nameOff, occurrence, lastWasPointer);
    } else {
      const ofArrays = this.#types.kind(this.#stack[this.#used - 1] ?? 0) === "array";
      if (!this.#types.isEmpty(nameOff) && !lastWasPointer) out.byte(SPACE);
      if (!ofArrays) out.text("(");
      this.#writeChain(start, nameOff, occurrence, level, false);
      if (!ofArrays) out.text(")");
    }
    out.text("[");
    out.number(this.#types.nelems(id));
    out.text("]");
  }

  #writeFunction(
    id: number,
    start: number,
    nameOff: number,
    occurrence: number,
    level: number,
    lastWasPointer: boolean,
  ): void {
    // GCC has `volatile` on functions that do not return.
    this.#dropQualifiers(start);
    if (this.#used > start) {
      this.#out.text(" (");
      this.#writeChain(start, nameOff, occurrence, level, false);
      this.#out.text(")");
    } else {
      this.#writeName(nameOff, occurrence, lastWasPointer);
    }
    this.#writeParameters(id, level);
  }

  #writeParameters(id: number, level: number): void {
    const types = this.#types;
    const count = types.vlen(id);
    const first = types.elements(id);
    // clang for BPF gives a function without parameters one that is void.
    if (count === 0 || (count === 1 && types.word(first + 1) === 0)) {
      this.#out.text("(void)");
      return;
    }
    for (let index = 0; index < count; index++) {
      this.#out.text(index === 0 ? "(" : ", ");
      const type = types.word(first + index * 2 + 1);
      if (type === 0 && index === count - 1) this.#out.text("...");
      else this.write(type, types.word(first + index * 2), 1, level);
    }
    this.#out.text(")");
  }

  #writeName(nameOff: number, occurrence: number, lastWasPointer: boolean): void {
    if (this.#types.strings[nameOff] === 0) return;
    if (!lastWasPointer) this.#out.byte(SPACE);
    if (occurrence === 1) this.#out.name(nameOff);
    else this.#out.uniqueName(nameOff, occurrence);
  }

  /** The qualifiers of an innermost type stand before it. */
  #writeQualifiers(start: number): void {
    for (; this.#used > start; this.#used--) {
      const kind = this.#types.kind(this.#stack[this.#used - 1] ?? 0);
      if (kind !== "volatile" && kind !== "const" && kind !== "restrict") return;
      this.#out.text(kind);
      this.#out.text(" ");
    }
  }

  #dropQualifiers(start: number): void {
    for (; this.#used > start; this.#used--) {
      const kind = this.#types.kind(this.#stack[this.#used - 1] ?? 0);
      if (kind !== "volatile" && kind !== "const" && kind !== "restrict" && kind !== "type_tag") return;
    }
  }
}
