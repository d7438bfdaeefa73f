import type { CText } from "./c-text.ts";
import type { Limits } from "./limits.ts";
import type { TypeWords } from "./type-words.ts";
import type { UniqueNames } from "./unique-names.ts";

/** Types that one declaration is made of, from what is declared to the innermost: pointer, array, int. */
interface Chain {
  /** Where it begins in the shared stack. */
  readonly start: number;
  /** How many are not written yet: the last ones are written first. */
  left: number;
}

/** What a declaration declares; without a name it is a type alone. */
interface Declared {
  readonly nameOff: number;
  readonly occurrence: number;
  /** How far the declaration is indented, for what is inside its braces. */
  readonly level: number;
}

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
  /** One stack for all chains: a struct without a name has declarations inside a declaration. */
  readonly #stack: number[] = [];
  #used = 0;

  constructor(out: CText, types: TypeWords, names: UniqueNames, limits: Limits, writeInline: WriteInline) {
    this.#out = out;
    this.#types = types;
    this.#names = names;
    this.#limits = limits;
    this.#writeInline = writeInline;
  }

  /** Declares a name as a type; `occurrence` as {@link UniqueNames} counts. */
  write(id: number, nameOff: number, occurrence: number, level: number): void {
    this.#limits.enter(id);
    const start = this.#used;
    this.#collect(id);
    this.#writeChain({ start, left: this.#used - start }, { nameOff, occurrence, level });
    this.#used = start;
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

  #writeChain(chain: Chain, declared: Declared): void {
    const out = this.#out;
    const types = this.#types;
    // `int ***`, not `int * * *`; and a chain that begins with a pointer is inside parentheses: `(*name)`.
    let lastWasPointer = true;
    while (chain.left > 0) {
      const id = this.#stack[chain.start + --chain.left] ?? 0;
      const kind = types.kind(id);
      switch (kind) {
        case "ptr":
          out.text(lastWasPointer ? "*" : " *");
          break;
        case "volatile":
        case "const":
        case "restrict":
          out.text(" ");
          out.text(kind);
          break;
        case "array":
          this.#writeArray(id, chain, declared, lastWasPointer);
          return;
        case "func_proto":
          this.#writeFunction(id, chain, declared, lastWasPointer);
          return;
        default:
          this.#writeQualifiers(chain);
          this.#writeInnermost(id, declared.level);
      }
      lastWasPointer = kind === "ptr";
    }
    this.#writeName(declared, lastWasPointer);
  }

  /** A type that others are built around, or a type tag, which is written at the same place. */
  #writeInnermost(id: number, level: number): void {
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
        } else {
          this.#out.text(kind === "enum64" ? "enum " : `${kind} `);
          this.#out.uniqueName(nameOff, this.#names.ofTag(id));
        }
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
  }

  #writeTypeTag(id: number): void {
    // With the kind flag it is any attribute: pahole writes `address_space(1)` so.
    const any = this.#types.kindFlag(id);
    this.#out.text(any ? " __attribute__((" : ' __attribute__((btf_type_tag("');
    this.#out.name(this.#types.nameOff(id));
    this.#out.text(any ? "))" : '")))');
  }

  #writeArray(id: number, chain: Chain, declared: Declared, lastWasPointer: boolean): void {
    const out = this.#out;
    // GCC repeats the elements' qualifiers on the array (https://gcc.gnu.org/bugzilla/show_bug.cgi?id=8354).
    this.#dropQualifiers(chain);
    if (chain.left === 0) {
      this.#writeName(declared, lastWasPointer);
    } else {
      const ofArrays = this.#types.kind(this.#stack[chain.start + chain.left - 1] ?? 0) === "array";
      if (!this.#types.isEmpty(declared.nameOff) && !lastWasPointer) out.text(" ");
      if (!ofArrays) out.text("(");
      this.#writeChain(chain, declared);
      if (!ofArrays) out.text(")");
    }
    out.text("[");
    out.number(this.#types.nelems(id));
    out.text("]");
  }

  #writeFunction(id: number, chain: Chain, declared: Declared, lastWasPointer: boolean): void {
    // GCC has `volatile` on functions that do not return.
    this.#dropQualifiers(chain);
    if (chain.left > 0) {
      this.#out.text(" (");
      this.#writeChain(chain, declared);
      this.#out.text(")");
    } else {
      this.#writeName(declared, lastWasPointer);
    }
    this.#writeParameters(id, declared.level);
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

  #writeName({ nameOff, occurrence }: Declared, lastWasPointer: boolean): void {
    if (this.#types.isEmpty(nameOff)) return;
    if (!lastWasPointer) this.#out.text(" ");
    this.#out.uniqueName(nameOff, occurrence);
  }

  /** The qualifiers of an innermost type stand before it. */
  #writeQualifiers(chain: Chain): void {
    for (; chain.left > 0; chain.left--) {
      const kind = this.#types.kind(this.#stack[chain.start + chain.left - 1] ?? 0);
      if (kind !== "volatile" && kind !== "const" && kind !== "restrict") return;
      this.#out.text(kind);
      this.#out.text(" ");
    }
  }

  #dropQualifiers(chain: Chain): void {
    for (; chain.left > 0; chain.left--) {
      const kind = this.#types.kind(this.#stack[chain.start + chain.left - 1] ?? 0);
      if (kind !== "volatile" && kind !== "const" && kind !== "restrict" && kind !== "type_tag") return;
    }
  }
}
