import type { BtfType, EnumType, IntType, Member, StructType, TypeTable, UnionType } from "../../../src/btf/types.ts";

/** A table in which the n-th of `types` has the id n. */
export function tableOf(...types: readonly BtfType[]): TypeTable {
  const all: readonly BtfType[] = [{ kind: "void", name: "" }, ...types];
  return {
    typeCount: all.length,
    littleEndian: true,
    type(id) {
      const type = all[id];
      if (type === undefined) throw new Error(`the test has no type [${id}]`);
      return type;
    },
  };
}

export function int(name: string, size: number, flags: Partial<IntType> = {}): IntType {
  return { kind: "int", name, size, bits: size * 8, offset: 0, signed: false, char: false, bool: false, ...flags };
}

export function array(type: number, nelems: number): BtfType {
  return { kind: "array", name: "", type, indexType: 1, nelems };
}

export function pointer(type: number): BtfType {
  return { kind: "ptr", name: "", type };
}

export function typedef(name: string, type: number): BtfType {
  return { kind: "typedef", name, type };
}

export function qualified(kind: "const" | "volatile" | "restrict", type: number): BtfType {
  return { kind, name: "", type };
}

export function enumeration(
  name: string,
  values: Readonly<Record<string, number>>,
  rest: Partial<EnumType> = {},
): EnumType {
  const list = Object.entries(values).map(([name, value]) => ({ name, value }));
  return { kind: "enum", name, size: 4, signed: false, values: list, ...rest };
}

export function struct(name: string, size: number, ...members: readonly Member[]): StructType {
  return { kind: "struct", name, size, members };
}

export function union(name: string, size: number, ...members: readonly Member[]): UnionType {
  return { kind: "union", name, size, members };
}

/** `offset` in bytes. */
export function member(name: string, type: number, offset: number): Member {
  return { name, type, bitOffset: offset * 8, bitSize: 0 };
}

/** `offset` in bits. */
export function bitField(name: string, type: number, offset: number, size: number): Member {
  return { name, type, bitOffset: offset, bitSize: size };
}
