import { printable } from "../printable.ts";
import type { BtfType, EnumType, Enum64Type, StructType, UnionType } from "../types.ts";
import type { Budget } from "./budget.ts";
import { enumText } from "./enums.ts";
import { findHoles, type Holes } from "./holes.ts";
import { CACHELINE, LayoutTable, type Composite, type MemberLayout } from "./layout.ts";
import { isPacked, isPackedByParent } from "./packed.ts";
import { statistics } from "./statistics.ts";
import { counted, LEVEL, tabs, type Style } from "./style.ts";
import type { TypeNames } from "./type-names.ts";
import { keywordOf } from "./type-names.ts";

const PACKED = " __attribute__((__packed__))";

/** Prints the bodies of structs and unions as pahole does, line for line (pahole: `__class__fprintf`, `union__fprintf`). */
export class MemberPrinter {
  readonly #layouts: LayoutTable;
  readonly #names: TypeNames;
  readonly #budget: Budget;
  /** The cacheline that the last comment was about. */
  #cacheline = 0;
  #depth = 0;

  constructor(names: TypeNames, budget: Budget) {
    this.#layouts = new LayoutTable(names.types);
    this.#names = names;
    this.#budget = budget;
  }

  /** `struct name { … }` with what is known of its holes; `outermost` with the sums at its end. */
  struct(
    id: number,
    type: StructType,
    style: Style,
    options: { outermost?: boolean; packed?: boolean; suffix?: string } = {},
  ): string {
    const { members, alignment } = this.#layouts.layoutOf(type, id);
    const holes = findHoles(type, members);
    const packed = options.packed === true || isPacked(type, members, holes, this.#layouts);
    const inner = { ...style, indent: style.indent + 1 };
    const body = this.#nested(() => this.#structBody(type, members, holes, inner));
    const sums = options.outermost === true ? statistics(type, members, holes, this.#paddings(members)) : "";
    const suffix = options.suffix === undefined ? "" : ` ${options.suffix}`;
    const aligned = alignment !== 0 && !packed ? attribute(alignment) : "";
    return `${headOf(type)}${body}${sums}${tabs(style.indent)}}${packed ? PACKED : ""}${suffix}${aligned}`;
  }

  /** `union name { … }`. */
  union(id: number, type: UnionType, style: Style, suffix?: string): string {
    const { members } = this.#layouts.layoutOf(type, id);
    const inner = { ...style, indent: style.indent + 1, inUnion: true };
    const start = this.#cacheline;
    const body = this.#nested(() =>
      members.map((layout) => {
        const text = this.#member(type, layout, undefined, inner);
        // Each begins where the union begins.
        this.#cacheline = start;
        return `${text}\n`;
      }),
    );
    return `${headOf(type)}${body.join("")}${tabs(style.indent)}}${suffix === undefined ? "" : ` ${suffix}`}`;
  }

  /** `type name`, with the type in a column of this width. */
  declaration(id: number, name: string, typeColumn = 0): string {
    const style = {
      indent: 0,
      typeColumn,
      nameColumn: 0,
      base: 0,
      relative: false,
      inUnion: false,
      isFirst: false,
      isLast: false,
    };
    return this.#declare(id, name, style);
  }

  #nested<T>(print: () => T): T {
    this.#depth++;
    this.#budget.spend(0, this.#depth);
    const printed = print();
    this.#depth--;
    return printed;
  }

  #structBody(type: StructType, members: readonly MemberLayout[], holes: Holes, style: Style): string {
    const before = [holeComment(holes.first.bits, "bit", style), holeComment(holes.first.bytes, "byte", style)].filter(
      isText,
    );
    let text = before.length > 0 ? `\n${before.map((line) => `${line}\n`).join("")}` : "";
    let blank = before.length > 0;
    const previous = new Previous();
    members.forEach((layout, index) => {
      const { forced, note } = previous.remarks(layout, index === 0 ? undefined : holes.behind[index - 1], style, () =>
        this.#unnamed(layout, style),
      );
      text += forced;
      if (note !== undefined) {
        text += `${blank ? "" : "\n"}${note}`;
        blank = true;
      }
      if (blank) text += "\n";
      const memberStyle = { ...style, isFirst: index === 0, isLast: index === members.length - 1 };
      text += this.#member(type, layout, holes, memberStyle);
      const remarks = this.#behind(layout, holes.behind[index], style);
      blank = remarks.length > 0;
      text += `${blank ? "\n" : ""}${remarks.map((line) => `\n${line}`).join("")}\n`;
      previous.set(layout);
    });
    return text;
  }

  /** The comments below a member: padding inside it, and holes behind it. */
  #behind(layout: MemberLayout, hole: { bits: number; bytes: number } | undefined, style: Style): string[] {
    const padding = this.#paddingOf(layout);
    const inside =
      padding > 0 ? `${tabs(style.indent)}/* XXX last struct has ${counted(padding, "byte")} of padding */` : undefined;
    return [inside, holeComment(hole?.bits ?? 0, "bit", style), holeComment(hole?.bytes ?? 0, "byte", style)].filter(
      isText,
    );
  }

  /** A member that is a struct can end with padding of its own. */
  #paddingOf({ member }: MemberLayout): number {
    const type = this.#names.types.type(member.type);
    return type.kind === "struct" ? findHoles(type, this.#layouts.layoutOf(type, member.type).members).padding : 0;
  }

  #paddings(members: readonly MemberLayout[]): number[] {
    return members.map((layout) => this.#paddingOf(layout)).filter((padding) => padding > 0);
  }

  /** A bit-field of the member's type without a name, as C writes a gap. */
  #unnamed({ member }: MemberLayout, style: Style): string {
    return this.#declare(member.type, "", style);
  }

  #member(parent: Composite, layout: MemberLayout, holes: Holes | undefined, style: Style): string {
    const { member, byteSize, bitfieldOffset } = layout;
    const offset = layout.byteOffset + (style.relative ? 0 : style.base);
    const boundary = this.#boundary(offset, style);
    const inner = style.relative || parent.kind === "union" ? style : { ...style, base: offset };
    const packed = isPackedByParent(parent, holes, layout, this.#layouts);
    const declaration = this.#declareMember(layout, packed, inner);
    const bits = member.bitSize > 0 ? `:${member.bitSize}` : "";
    const aligned = layout.alignment === 0 ? "" : attribute(layout.alignment);
    const text = `${declaration}${bits}${aligned};`;
    const place = `/* ${`${offset}`.padStart(5)}${member.bitSize > 0 ? `:${`${bitfieldOffset}`.padStart(2)} ${`${byteSize}`.padStart(2)}` : ` ${`${byteSize}`.padStart(5)}`} */`;
    this.#budget.spend(text.length, this.#depth);
    const spacing = this.#isInline(member.type)
      ? Math.abs(style.typeColumn + style.nameColumn - this.#inlineLength(layout, aligned, packed) - 3)
      : style.typeColumn + style.nameColumn - text.length;
    return `${tabs(style.indent)}${boundary}${text}${" ".repeat(Math.max(1, spacing))}${place}`;
  }

  /** The length of what follows the brace that closes an inlined struct, as pahole counts it. */
  #inlineLength({ member }: MemberLayout, aligned: string, packedByParent: boolean): number {
    const { id, type } = this.#unqualified(member.type);
    const name = member.name === "" ? -1 : printable(member.name).length;
    const packed = type.kind === "struct" && (packedByParent || this.#isPacked(id, type));
    return aligned.length + name + (packed ? PACKED.length : 0);
  }

  #isPacked(id: number, type: StructType): boolean {
    const { members } = this.#layouts.layoutOf(type, id);
    return isPacked(type, members, findHoles(type, members), this.#layouts);
  }

  #boundary(offset: number, style: Style): string {
    const line = Math.floor(offset / CACHELINE);
    if (line <= this.#cacheline) return "";
    this.#cacheline = line;
    const past = offset % CACHELINE;
    const ago = past === 0 ? "" : ` was ${counted(past, "byte")} ago`;
    return `/* --- cacheline ${line} boundary (${offset - past} bytes)${ago} --- */\n${tabs(style.indent)}`;
  }

  #isInline(id: number): boolean {
    const { type } = this.#unqualified(id);
    return isDeclared(type.kind) && type.name === "";
  }

  #unqualified(id: number): { id: number; type: BtfType } {
    const type = this.#names.types.type(id);
    return type.kind === "const" ? { id: type.type, type: this.#names.types.type(type.type) } : { id, type };
  }

  #declareMember({ member }: MemberLayout, packed: boolean, style: Style): string {
    const type = this.#names.types.type(member.type);
    const name = printable(member.name);
    // The name of a struct's member stands behind the attributes of the struct.
    if (this.#isInline(member.type)) {
      const qualifier = type.kind === "const" ? "const " : "";
      const body = this.#inline(this.#unqualified(member.type).id, style, undefined, packed);
      return `${qualifier}${body}${name === "" ? "" : ` ${name}`}`;
    }
    return isDeclared(type.kind)
      ? `${this.#declare(member.type, "", style)}${name}`
      : this.#declare(member.type, name, style);
  }

  /** `type name`, with the type in its column (pahole: `type__fprintf`). */
  #declare(id: number, name: string, style: Style): string {
    const type = this.#names.types.type(id);
    this.#budget.spend(name.length, this.#depth);
    switch (type.kind) {
      case "ptr":
        return this.#declarePointer(id, type.type, name, style);
      case "func_proto":
        return this.#names.prototype(type, name, style.typeColumn, this.#depth);
      case "const":
        if (type.type === 0) break;
        return `const ${this.#nested(() => this.#declare(type.type, name, { ...style, typeColumn: style.typeColumn - 6 }))}`;
      case "type_tag":
        return this.#nested(() => this.#declare(type.type, name, style));
      case "array":
        return this.#nested(() => this.#declareArray(type.type, type.nelems, name, style));
      case "struct":
      case "union":
      case "enum":
      case "enum64": {
        if (type.name === "") return this.#inline(id, style, name, false);
        const keyword = keywordOf(type);
        return `${keyword}${printable(type.name).padEnd(Math.abs(style.typeColumn - keyword.length))} ${name}`;
      }
      default:
        break;
    }
    return `${this.#names.nameOf(id, this.#depth).padEnd(Math.abs(style.typeColumn))} ${name}`;
  }

  #declarePointer(id: number, target: number, name: string, style: Style): string {
    const type = this.#names.types.type(target);
    if (type.kind === "func_proto") return this.#names.prototype(type, `*${name}`, style.typeColumn, this.#depth);
    if (isDeclared(type.kind) && type.name === "")
      return this.#inline(
        target,
        { ...style, relative: true, typeColumn: style.typeColumn - LEVEL },
        `* ${name}`,
        false,
      );
    return `${this.#names.nameOf(id, this.#depth).padEnd(Math.abs(style.typeColumn))} ${name}`;
  }

  /** Dimensions in C's order, the outermost first. pahole has one only: BTF that it wrote has no more. */
  #declareArray(element: number, nelems: number, name: string, style: Style): string {
    const inner = this.#names.types.type(element);
    // A flexible array of constants is printed without the word.
    const id = nelems === 0 && inner.kind === "const" ? inner.type : element;
    const open = nelems === 0 && style.isLast && !style.isFirst && !style.inUnion;
    return this.#declare(id, `${name}[${open ? "" : nelems}]`, style);
  }

  #inline(id: number, style: Style, suffix: string | undefined, packed: boolean): string {
    const type = this.#names.types.type(id);
    const inner = { ...style, typeColumn: style.typeColumn - LEVEL };
    switch (type.kind) {
      case "struct":
        return this.struct(id, type, inner, suffix === undefined ? { packed } : { packed, suffix });
      case "union":
        return this.union(id, type, inner, suffix);
      default:
        // Only the four kinds that isDeclared knows come here.
        return enumText(type as EnumType | Enum64Type, style.indent, suffix);
    }
  }
}

/** What pahole says before a member, which depends on the one before it. */
class Previous {
  #last: MemberLayout | undefined;
  #size = 0;

  remarks(
    layout: MemberLayout,
    hole: { bits: number } | undefined,
    style: Style,
    unnamed: () => string,
  ): { forced: string; note: string | undefined } {
    const last = this.#last;
    // Arrays without elements mark places, they are no fields.
    if (last === undefined || this.#size === 0) return { forced: "", note: undefined };
    let forced = "";
    if (hole !== undefined && hole.bits !== 0 && layout.member.bitSize > 0) {
      const elsewhere = last.byteOffset !== layout.byteOffset;
      if (elsewhere) forced += `\n${tabs(style.indent)}/* Force alignment to the next boundary: */\n`;
      forced += `${tabs(style.indent)}${unnamed()}:${elsewhere ? 0 : hole.bits};\n`;
    }
    return { forced, note: this.#note(last, layout, style) };
  }

  set(layout: MemberLayout): void {
    const last = this.#last;
    const moved = last === undefined || this.#size === 0 || last.byteOffset !== layout.byteOffset;
    if (moved || (last.member.bitSize === 0 && layout.member.bitSize > 0)) this.#size = layout.byteSize;
    this.#last = layout;
  }

  #note(last: MemberLayout, layout: MemberLayout, style: Style): string | undefined {
    const backwards =
      layout.byteOffset < last.byteOffset ||
      (layout.byteOffset === last.byteOffset && last.member.bitSize === 0 && layout.member.bitSize > 0);
    if (backwards) return `${tabs(style.indent)}/* Bitfield combined with previous fields */\n`;
    const distance = layout.byteOffset - last.byteOffset;
    return distance > 0 && distance < this.#size
      ? `${tabs(style.indent)}/* Bitfield combined with next fields */\n`
      : undefined;
  }
}

function headOf(type: Composite): string {
  return `${type.kind}${type.name === "" ? "" : " "}${printable(type.name)} {\n`;
}

function holeComment(count: number, unit: string, style: Style): string | undefined {
  return count > 0 ? `${tabs(style.indent)}/* XXX ${counted(count, unit)} hole, try to pack */` : undefined;
}

function attribute(alignment: number): string {
  return ` __attribute__((__aligned__(${alignment})))`;
}

function isDeclared(kind: string): boolean {
  return kind === "struct" || kind === "union" || kind === "enum" || kind === "enum64";
}

function isText(text: string | undefined): text is string {
  return text !== undefined;
}
