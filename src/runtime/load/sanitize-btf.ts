import type { Btf } from "../../btf/btf.ts";
import { ByteWriter } from "../../btf/bytes.ts";
import { readBtfHeader } from "../../btf/header.ts";
import { TYPE_SIZE, vlenOf } from "../../btf/index/offsets.ts";
import { kinds, type BtfKind } from "../../btf/types.ts";
import type { BtfFeature } from "../kernel/probe-btf.ts";

const HEADER_SIZE = 24;
/** Bytes of a struct's member, an enum64's value and a section's variable: the same, so one can become the other. */
const ELEMENT_SIZE = 12;

/**
 * An object's BTF as a kernel can read it: what it does not know is replaced by something of the same size
 * (libbpf: `bpf_object__sanitize_btf`). Type ids stay what they are. The input is not changed.
 *
 * `can` is asked only about what is there.
 */
export function sanitizeBtf(btf: Btf, can: (feature: BtfFeature) => boolean): Uint8Array {
  const sanitizer = new Sanitizer(btf, can);
  for (let id = btf.firstId; id < btf.typeCount; id++) sanitizer.visit(id);
  return sanitizer.finish();
}

class Sanitizer {
  readonly #btf: Btf;
  readonly #can: (feature: BtfFeature) => boolean;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #placeholder: number | undefined;

  constructor(btf: Btf, can: (feature: BtfFeature) => boolean) {
    this.#btf = btf;
    this.#can = can;
    this.#bytes = btf.bytes.slice();
    this.#view = new DataView(this.#bytes.buffer);
  }

  visit(id: number): void {
    const kind = this.#btf.kind(id);
    const at = this.#btf.offsetOf(id);
    switch (kind) {
      case "var":
        if (!this.#can("btf-datasec")) this.#toByte(at);
        return;
      case "decl_tag":
        if (!this.#can("btf-decl-tag")) this.#toByte(at);
        return;
      case "datasec":
        this.#visitDatasec(at);
        return;
      case "func_proto":
        // The kernel insists on the size of an enum.
        if (!this.#can("btf-func")) this.#become(at, "enum", this.#vlen(at), 4);
        return;
      case "func":
        this.#visitFunc(at);
        return;
      case "float":
        if (!this.#can("btf-float")) this.#become(at, "struct", 0, undefined, "");
        return;
      case "type_tag":
        if (!this.#can("btf-type-tag")) this.#become(at, "const", 0, undefined, "");
        return;
      case "enum":
        // That an enum is signed is said by a flag which came with enum64.
        if (this.#isSigned(at) && !this.#can("btf-enum64")) this.#become(at, "enum", this.#vlen(at));
        return;
      case "enum64":
        if (!this.#can("btf-enum64")) this.#toUnion(at);
        return;
      default:
        return;
    }
  }

  /** Header, types and strings, without anything that newer formats have between and behind them. */
  finish(): Uint8Array {
    const { littleEndian } = this.#btf;
    const header = readBtfHeader(this.#bytes, this.#btf.what);
    const types = this.#bytes.subarray(header.typesStart, header.typesEnd);
    const strings = this.#bytes.subarray(header.stringsStart, header.stringsEnd);
    const placeholder = this.#placeholder === undefined ? [] : byteType(littleEndian);
    const out = new ByteWriter(littleEndian);
    const typesLength = types.length + placeholder.length;
    out.u16(0xeb9f);
    out.u8(1);
    out.u8(0);
    for (const field of [HEADER_SIZE, 0, typesLength, typesLength, strings.length]) out.u32(field);
    out.append(types);
    out.append(Uint8Array.from(placeholder));
    out.append(strings);
    return out.finish();
  }

  /** An int of one byte: a larger one could be larger than the variable, which the kernel would notice. */
  #toByte(at: number): void {
    this.#become(at, "int", 0, 1);
    this.#set(at + TYPE_SIZE, 8);
  }

  #visitDatasec(at: number): void {
    if (this.#can("btf-datasec")) {
      const name = this.#get(at);
      if (this.#btf.string(name).startsWith("?") && !this.#can("btf-datasec-question-mark")) this.#rename(name, /\?/u);
      return;
    }
    const count = this.#vlen(at);
    this.#rename(this.#get(at), /[.?]/u);
    this.#become(at, "struct", count);
    this.#forEachElement(at, count, (element) => {
      const variable = this.#get(element);
      const offset = this.#get(element + 4);
      // struct btf_var_secinfo { type, offset, size } becomes struct btf_member { name, type, bits }.
      this.#set(element, this.#get(this.#btf.offsetOf(variable)));
      this.#set(element + 4, variable);
      this.#set(element + 8, offset * 8);
    });
  }

  #visitFunc(at: number): void {
    if (!this.#can("btf-func")) this.#become(at, "typedef", 0);
    // The linkage of a function is where other types have their number of elements; 0 is static.
    else if (this.#vlen(at) !== 0 && !this.#can("btf-func-global")) this.#become(at, "func", 0);
  }

  /** Each value becomes a member of one byte: what the values are is lost, that they are there is not. */
  #toUnion(at: number): void {
    const count = this.#vlen(at);
    this.#placeholder ??= this.#btf.typeCount;
    const placeholder = this.#placeholder;
    this.#become(at, "union", count);
    this.#forEachElement(at, count, (element) => {
      this.#set(element + 4, placeholder);
      this.#set(element + 8, 0);
    });
  }

  #forEachElement(at: number, count: number, change: (element: number) => void): void {
    for (let index = 0; index < count; index++) change(at + TYPE_SIZE + index * ELEMENT_SIZE);
  }

  #become(at: number, kind: BtfKind, vlen: number, size?: number, name?: ""): void {
    if (name !== undefined) this.#set(at, 0);
    this.#set(at + 4, kinds.indexOf(kind) * 2 ** 24 + vlen);
    if (size !== undefined) this.#set(at + 8, size);
  }

  /** Replaces characters of a name where it stands: names of sections are used for nothing else. */
  #rename(nameOffset: number, characters: RegExp): void {
    const at = readBtfHeader(this.#bytes, this.#btf.what).stringsStart + nameOffset;
    const name = this.#btf.string(nameOffset);
    for (let index = 0; index < name.length; index++) {
      if (characters.test(name[index] ?? "")) this.#bytes[at + index] = 0x5f;
    }
  }

  #vlen(at: number): number {
    return vlenOf(this.#get(at + 4));
  }

  #isSigned(at: number): boolean {
    return this.#get(at + 4) >>> 31 === 1;
  }

  #get(at: number): number {
    return this.#view.getUint32(at, this.#btf.littleEndian);
  }

  #set(at: number, value: number): void {
    this.#view.setUint32(at, value, this.#btf.littleEndian);
  }
}

/** `unsigned char` without a name. */
function byteType(littleEndian: boolean): Uint8Array {
  const out = new ByteWriter(littleEndian);
  for (const field of [0, kinds.indexOf("int") * 2 ** 24, 1, 8]) out.u32(field);
  return out.finish();
}
