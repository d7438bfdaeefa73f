import { vlenOf } from "../index/offsets.ts";
import type { BtfKind } from "../types.ts";
import type { CText } from "./c-text.ts";
import { Declarations } from "./declarations.ts";
import { Layout } from "./layout.ts";
import type { Limits } from "./limits.ts";
import { writePadding, type Gap } from "./padding.ts";
import type { TypeWords } from "./type-words.ts";
import { UniqueNames } from "./unique-names.ts";

/** Bit-fields and their place in a member's third word, when the struct has the kind flag. */
const BIT_OFFSET = 0xff_ffff;
const SPACE = 0x20;
const COMMA = 0x2c;
const SEMICOLON = 0x3b;

/** Types that GCC has for arm64's vectors, and clang has not (libbpf: `btf_dump_emit_missing_aliases`). */
const missingAliases = [
  ["__Poly8_t", "unsigned char"],
  ["__Poly16_t", "unsigned short"],
  ["__Poly64_t", "unsigned long long"],
  ["__Poly128_t", "unsigned __int128"],
] as const;

/** Writes what types are: bodies of structs, unions and enums, typedefs, and declarations of structs that come later. */
export class Definitions {
  readonly declarations: Declarations;
  readonly #out: CText;
  readonly #types: TypeWords;
  readonly #layout: Layout;
  readonly #names: UniqueNames;

  constructor(out: CText, types: TypeWords, limits: Limits) {
    this.#out = out;
    this.#types = types;
    this.#layout = new Layout(types, limits);
    this.#names = new UniqueNames(types, limits);
    this.declarations = new Declarations(out, types, this.#names, limits, (id, level) => {
      this.#writeBody(id, level);
    });
  }

  /** `struct x { … };`, `enum x { … };`, and the empty line that follows any definition. */
  define(id: number): void {
    this.#writeBody(id, 0);
    this.#out.text(";\n\n");
  }

  /** `struct x;` of a struct or union that is defined later, or never. */
  declareTag(id: number): void {
    const types = this.#types;
    const kind = types.kind(id);
    const isFwd = kind === "fwd";
    const isUnion = isFwd ? types.kindFlag(id) : kind === "union";
    this.#out.text(isUnion ? "union " : "struct ");
    this.#out.uniqueName(types.nameOff(id), isFwd ? 1 : this.#names.ofTag(id));
    this.#out.text(";\n\n");
  }

  /** `typedef T x;`. */
  defineTypedef(id: number): void {
    const types = this.#types;
    const nameOff = types.nameOff(id);
    const target = types.target(id);
    // The compiler has it; the kernel's is GCC's, and clang's is something else.
    if (types.nameIs(nameOff, "__builtin_va_list")) return;
    const occurrence = this.#names.ofTypedef(id);
    // Old versions of GCC make it a typedef of void.
    if (target === 0 && occurrence === 1 && types.nameIs(nameOff, "__gnuc_va_list")) {
      this.#out.text("typedef __builtin_va_list __gnuc_va_list;\n\n");
      return;
    }
    this.#out.text("typedef ");
    this.declarations.write(target, nameOff, occurrence, 0);
    this.#out.text(";\n\n");
  }

  /** The typedef of an integer that clang does not know. */
  defineAlias(id: number): void {
    const nameOff = this.#types.nameOff(id);
    const occurrence = this.#names.ofTag(id);
    const alias = missingAliases.find(([name]) => this.#types.nameIs(nameOff, name));
    if (alias !== undefined && occurrence === 1) this.#out.text(`typedef ${alias[1]} ${alias[0]};\n\n`);
  }

  #writeBody(id: number, level: number): void {
    const types = this.#types;
    const kind = types.kind(id);
    this.#out.text(kind === "enum64" ? "enum" : kind);
    const nameOff = types.nameOff(id);
    if (nameOff !== 0) {
      this.#out.byte(SPACE);
      this.#out.uniqueName(nameOff, this.#names.ofTag(id));
    }
    if (kind === "enum" || kind === "enum64") this.#writeEnum(id, kind, level);
    else this.#writeMembers(id, kind, level);
  }

  #writeMembers(id: number, kind: BtfKind, level: number): void {
    const types = this.#types;
    const out = this.#out;
    const isStruct = kind === "struct";
    const isPacked = isStruct && this.#layout.isPacked(id);
    const count = types.vlen(id);
    const size = types.size32(id);
    out.text(" {");
    const end = this.#writeEachMember(id, isPacked, level + 1);
    if (isStruct && end < size * 8) this.#pad({ from: end, to: size * 8, betweenBitFields: false }, id, level + 1);
    if (count > 0 || size > 0) out.line(level);
    out.text(isPacked ? "} __attribute__((packed))" : "}");
  }

  /** Returns where the last member ends, in bits. */
  #writeEachMember(id: number, isPacked: boolean, level: number): number {
    const { words } = this.#types;
    const out = this.#out;
    const layout = this.#layout;
    const declarations = this.declarations;
    const start = this.#types.at(id);
    const info = words[start + 1] ?? 0;
    const hasBitFields = info >>> 31 === 1;
    let behindBitField = false;
    let end = 0;
    let at = start + 3;
    for (let left = vlenOf(info); left > 0; left--, at += 3) {
      const type = words[at + 1] ?? 0;
      const offset = words[at + 2] ?? 0;
      const place = hasBitFields ? offset & BIT_OFFSET : offset;
      const bits = hasBitFields ? offset >>> 24 : 0;
      if (end < place && (bits > 0 || isPacked || !this.#isNatural(end, place, type)))
        this.#pad({ from: end, to: place, betweenBitFields: behindBitField && bits > 0 }, isPacked ? 0 : type, level);
      out.line(level);
      declarations.write(type, words[at] ?? 0, 1, level);
      behindBitField = bits > 0;
      if (behindBitField) {
        out.text(": ");
        out.number(bits);
      }
      end = place + (behindBitField ? bits : layout.sizeOf(type) * 8);
      out.byte(SEMICOLON);
    }
    return end;
  }

  /** `next` is what follows the gap and aligns itself; 0 inside a packed struct. */
  #pad(gap: Omit<Gap, "alignment">, next: number, level: number): void {
    const alignment = next === 0 ? 1 : this.#layout.alignOf(next);
    writePadding(this.#out, { ...gap, alignment }, this.#layout.pointerSize, level);
  }

  /** Whether the compiler leaves this gap by itself in front of a type, as it does before nearly every other one. */
  #isNatural(from: number, to: number, next: number): boolean {
    const alignment = this.#layout.alignOf(next) * 8;
    return to - from < alignment && to % alignment === 0;
  }

  #writeEnum(id: number, kind: "enum" | "enum64", level: number): void {
    const types = this.#types;
    const count = types.vlen(id);
    if (count === 0) return;
    this.#out.text(" {");
    const length = kind === "enum" ? 2 : 3;
    const start = types.elements(id);
    for (let at = start; at < start + count * length; at += length) this.#writeEnumerator(id, kind, at, level + 1);
    this.#out.line(level);
    this.#out.text("}");
    this.#out.text(this.#modeOfEnum(id, kind));
  }

  #writeEnumerator(id: number, kind: "enum" | "enum64", at: number, level: number): void {
    const types = this.#types;
    const isSigned = types.kindFlag(id);
    const nameOff = types.word(at);
    this.#out.line(level);
    this.#out.name(nameOff);
    const occurrence = this.#names.ofEnumerator(nameOff);
    if (occurrence > 1) this.#out.text(`___${occurrence}`);
    this.#out.text(" = ");
    const low = types.word(at + 1);
    if (kind === "enum") {
      this.#out.number(isSigned ? low | 0 : low);
    } else {
      const value = (BigInt(types.word(at + 2)) << 32n) | BigInt(low);
      this.#out.text(isSigned ? `${BigInt.asIntN(64, value)}LL` : `${value}ULL`);
    }
    this.#out.byte(COMMA);
  }

  /** The attribute that gives an enum its size, where its values do not. */
  #modeOfEnum(id: number, kind: "enum" | "enum64"): string {
    const types = this.#types;
    const size = types.size32(id);
    if (size === 1) return " __attribute__((mode(byte)))";
    if (size !== 8 || this.#layout.pointerSize !== 8) return "";
    const hasLargeValue = kind === "enum64" && this.#hasUpperHalf(id);
    return hasLargeValue ? "" : " __attribute__((mode(word)))";
  }

  #hasUpperHalf(id: number): boolean {
    const start = this.#types.elements(id);
    for (let index = 0; index < this.#types.vlen(id); index++)
      if (this.#types.word(start + index * 3 + 2) !== 0) return true;
    return false;
  }
}
