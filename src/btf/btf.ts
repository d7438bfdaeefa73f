import { ByteReader, LONGEST_NAME } from "./bytes.ts";
import { decodeType, type DecodeContext } from "./decode.ts";
import { readBtfHeader, type BtfHeader } from "./header.ts";
import { essentialName, NameIndex } from "./index/names.ts";
import { kindOf, readKindSizes, readTypePlaces, type KindSizes } from "./index/offsets.ts";
import { kinds, type BtfKind, type BtfType, type TypeTable } from "./types.ts";

/** How {@link Btf.parse} reads. */
export interface ParseOptions {
  /** What the bytes are called in errors: "BTF of vmlinux". */
  readonly what?: string;
  /** The BTF that split BTF (a kernel module's) continues. */
  readonly base?: Btf;
}

const voidType: BtfType = { kind: "void", name: "" };

/**
 * BTF over raw bytes: types are decoded when they are asked for, and found by name without decoding any.
 *
 * Parsing walks the type section once and keeps six bytes per type: the kernel has over 100,000.
 *
 * @example
 * import { readFileSync } from "node:fs";
 * import { Btf } from "core-gen/btf";
 *
 * const btf = Btf.parse(readFileSync("vmlinux.btf")); // on Linux: /sys/kernel/btf/vmlinux
 * const id = btf.find("task_struct", "struct");
 * const task = id === undefined ? undefined : btf.type(id);
 * if (task?.kind === "struct") console.log(task.members.map(({ name }) => name)); // [ 'pid', 'comm' ]
 */
export class Btf implements TypeTable {
  readonly bytes: Uint8Array;
  readonly what: string;
  readonly base: Btf | undefined;
  readonly littleEndian: boolean;
  /** The id of the first type that is this BTF's own: 1, or more on top of a base. */
  readonly firstId: number;
  readonly #header: BtfHeader;
  readonly #context: DecodeContext;
  readonly #sizes: KindSizes;
  readonly #offsets: Uint32Array;
  readonly #decoded = new Map<number, BtfType>();
  readonly #names: NameIndex;

  /**
   * Reads raw BTF of either byte order. Throws a `CoreGenError` with code `bad-btf` when the bytes are not BTF or a
   * type's own bytes are not all there; what a type refers to is checked when the type is asked for.
   */
  static parse(bytes: Uint8Array, options: ParseOptions = {}): Btf {
    return new Btf(bytes, options.what ?? "the BTF data", options.base);
  }

  private constructor(bytes: Uint8Array, what: string, base: Btf | undefined) {
    this.what = what;
    this.base = base;
    this.#header = readBtfHeader(bytes, what);
    this.littleEndian = this.#header.littleEndian;
    this.firstId = base?.typeCount ?? 1;
    const file = new ByteReader(bytes, { what, code: "bad-btf", littleEndian: this.littleEndian });
    this.bytes = file.bytes;
    this.#checkStrings(file);
    this.#context = { file, name: (offset) => this.string(offset, LONGEST_NAME) };
    this.#sizes = readKindSizes(file, this.#header, base === undefined ? undefined : base.#sizes);
    const strings = [base?.strings ?? new Uint8Array(), this.#ownStrings] as const;
    const { offsets, nameKeys } = readTypePlaces(file, this.#header, this.#sizes, strings, this.firstId);
    this.#offsets = offsets;
    this.#names = new NameIndex(strings, nameKeys, (index) => file.u32(offsets[index] ?? 0));
  }

  /** How many ids there are, with void and the base's types: `0 … typeCount - 1`. */
  get typeCount(): number {
    return this.firstId + this.#offsets.length;
  }

  /** How many bytes of strings there are, with the base's. */
  get stringsLength(): number {
    return this.#baseStrings + this.#header.stringsEnd - this.#header.stringsStart;
  }

  /** The section of this BTF's own types (not of its base's), as it is in the file. */
  get types(): Uint8Array {
    return this.bytes.subarray(this.#header.typesStart, this.#header.typesEnd);
  }

  /** All strings, NUL-separated, as name offsets count through them: the base's, then its own. */
  get strings(): Uint8Array {
    if (this.base === undefined) return this.#ownStrings;
    const base = this.base.strings;
    const all = new Uint8Array(base.length + this.#ownStrings.length);
    all.set(base);
    all.set(this.#ownStrings, base.length);
    return all;
  }

  /** The type with this id. Throws a `CoreGenError` with code `bad-btf` when there is none, or it is of a kind newer than we are. */
  type(id: number): BtfType {
    if (id === 0) return voidType;
    if (id < this.firstId && this.base !== undefined) return this.base.type(id);
    const known = this.#decoded.get(id);
    if (known !== undefined) return known;
    const type = decodeType(this.#context, this.#position(id));
    this.#decoded.set(id, type);
    return type;
  }

  /** The kind of a type, without decoding it; "void" for kinds that are newer than we are. */
  kind(id: number): BtfKind {
    if (id === 0) return "void";
    if (id < this.firstId && this.base !== undefined) return this.base.kind(id);
    return kinds[kindOf(this.#context.file.u32(this.#position(id) + 4))] ?? "void";
  }

  /** The name of a type, without decoding it; "" for none. */
  name(id: number): string {
    if (id === 0) return "";
    if (id < this.firstId && this.base !== undefined) return this.base.name(id);
    return this.#context.name(this.#context.file.u32(this.#position(id)));
  }

  /** The ids of this BTF's own types (not the base's) of one kind, in ascending order, without decoding any. */
  ownOfKind(kind: BtfKind): number[] {
    const { view } = this.#context.file;
    const number = kinds.indexOf(kind);
    const ids: number[] = [];
    this.#offsets.forEach((at, index) => {
      if (kindOf(view.getUint32(at + 4, this.littleEndian)) === number) ids.push(this.firstId + index);
    });
    return ids;
  }

  /** Where a type of this BTF (not of its base) begins, in bytes from the start of the data. */
  offsetOf(id: number): number {
    return this.#position(id);
  }

  /** The text at an offset of the string section, which continues the base's; an error when it has more than `longest` bytes. */
  string(offset: number, longest?: number): string {
    if (offset < this.#baseStrings && this.base !== undefined) return this.base.string(offset, longest);
    const at = this.#header.stringsStart + offset - this.#baseStrings;
    if (at >= this.#header.stringsEnd) this.#context.file.fail(`there is no string at offset ${offset} of the strings`);
    return this.#context.file.cString(at, longest);
  }

  /** The id of the first type with this name and kind, base included. */
  find(name: string, kind: BtfKind): number | undefined {
    const inBase = this.base?.find(name, kind);
    if (inBase !== undefined) return inBase;
    for (const id of this.#namedLike(essentialName(name))) {
      if (this.kind(id) === kind && this.name(id) === name) return id;
    }
    return undefined;
  }

  /**
   * The ids of this BTF's own types (not the base's) whose name without flavour suffix is `name`, in ascending order.
   * libbpf compares so when it looks for relocation candidates (`bpf_core_add_cands`).
   */
  *ownEssential(name: string): Generator<number> {
    for (const id of this.#namedLike(name)) if (essentialName(this.name(id)) === name) yield id;
  }

  get #baseStrings(): number {
    return this.base?.stringsLength ?? 0;
  }

  #position(id: number): number {
    const at = this.#offsets[id - this.firstId];
    if (at === undefined) this.#context.file.fail(`there is no type [${id}], the last one is [${this.typeCount - 1}]`);
    return at;
  }

  *#namedLike(essential: string): Generator<number> {
    for (const index of this.#names.candidates(essential)) yield this.firstId + index;
  }

  get #ownStrings(): Uint8Array {
    return this.bytes.subarray(this.#header.stringsStart, this.#header.stringsEnd);
  }

  #checkStrings(file: ByteReader): void {
    const { stringsStart, stringsEnd } = this.#header;
    if (stringsEnd === stringsStart) return;
    if (file.u8(stringsEnd - 1) !== 0) file.fail("the last string has no end");
    if (this.base === undefined && file.u8(stringsStart) !== 0)
      file.fail("the strings do not begin with the empty one");
  }
}
