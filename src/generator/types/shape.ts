/** The C types that one read of memory decodes: the names of the runtime's codecs, and of its Memory's methods. */
export type ScalarName =
  | "u8" | "u16" | "u32" | "u64" | "u128"
  | "i8" | "i16" | "i32" | "i64" | "i128"
  | "f32" | "f64" | "bool" | "pointer"; // prettier-ignore

/** A number of one C type. A pointer is an address. */
export interface ScalarShape {
  readonly kind: "scalar";
  readonly scalar: ScalarName;
}

/** `char[size]`. */
export interface TextShape {
  readonly kind: "text";
  readonly size: number;
}

/** `unsigned char[size]`, and what has no TypeScript counterpart: `long double`, an unfinished struct. */
export interface BytesShape {
  readonly kind: "bytes";
  readonly size: number;
}

/** `element[count]`, elements `stride` bytes apart. */
export interface ListShape {
  readonly kind: "list";
  readonly element: Shape;
  readonly count: number;
  readonly stride: number;
}

/** `element[]` at the end of a struct: as many as the record has room for. */
export interface RestShape {
  readonly kind: "rest";
  readonly element: Shape;
  readonly stride: number;
}

/** `char[]` or `unsigned char[]` at the end of a struct. */
export interface RestBytesShape {
  readonly kind: "restText" | "restBytes";
}

/** An enum, stored as `scalar`. */
export interface EnumShape {
  readonly kind: "enum";
  readonly declaration: EnumDeclaration;
}

/** A struct or union. */
export interface RecordShape {
  readonly kind: "record";
  readonly declaration: RecordDeclaration;
}

/** Bytes that a decl tag says more of than their C type does: `core-gen:ipv4`, `core-gen:be`. */
export interface TaggedShape {
  readonly kind: "tagged";
  /** The method of the runtime's Memory that reads it; "set" in front of it is the one that writes. */
  readonly method: ScalarName | "ipv4" | "ipv6" | "mac" | "ktime" | "u64Number" | "i64Number";
  /** Whether it is in network byte order, whatever the machine's is. */
  readonly bigEndian: boolean;
  /** In bytes. */
  readonly size: number;
  readonly type: "string" | "number" | "bigint" | "KernelTime";
}

/** What a C type becomes in TypeScript, and how its bytes are read. */
export type Shape =
  ScalarShape | TaggedShape | TextShape | BytesShape | ListShape | RestShape | RestBytesShape | EnumShape | RecordShape;

/** Bits of a struct, counted as BTF counts. */
export interface BitField {
  /** In bits from the start of the struct or union that the field is stored by. */
  readonly offset: number;
  readonly size: number;
  readonly signed: boolean;
  /** Whether its value is a bigint: its declared C type has more than 32 bits. */
  readonly big: boolean;
}

/** One member of a struct or union, or of an anonymous one inside it. */
export interface Field {
  /** Its C name; empty never, twice never. */
  readonly name: string;
  /** In bytes from the start of the struct or union that is declared, anonymous ones inlined. */
  readonly offset: number;
  readonly shape: Shape;
  /** For a bit-field: it counts from the declared struct, too. */
  readonly bits: BitField | undefined;
  /** Its C declaration: "char comm[16]". */
  readonly c: string;
}

/** Members that share bytes: a union, or an anonymous one in a struct. */
export interface Overlay {
  readonly kind: "overlay";
  /** In bytes from the start of the declared struct. */
  readonly offset: number;
  readonly size: number;
  readonly fields: readonly Field[];
}

/** A part of a struct: one member, or several that share bytes. */
export type Part = { readonly kind: "field"; readonly field: Field } | Overlay;

/** A struct or union that the module declares: an interface and a codec of one name. */
export interface RecordDeclaration {
  readonly kind: "record";
  /** Its name in TypeScript. */
  readonly name: string;
  /** "struct event", "union (anonymous)". */
  readonly c: string;
  /** In bytes. */
  readonly size: number;
  readonly parts: readonly Part[];
}

/** An enum that the module declares: a const object and a type of one name. */
export interface EnumDeclaration {
  readonly kind: "enum";
  readonly name: string;
  readonly c: string;
  /** In bytes. */
  readonly size: number;
  readonly scalar: ScalarName;
  readonly values: readonly { readonly name: string; readonly value: number | bigint }[];
}

export type Declaration = RecordDeclaration | EnumDeclaration;

/** All fields of a struct or union, in the order of their declaration. */
export function fieldsOf(declaration: RecordDeclaration): Field[] {
  return declaration.parts.flatMap((part) => (part.kind === "field" ? [part.field] : part.fields));
}

/** Whether values of the scalar are bigints. */
export function isBig(scalar: ScalarName): boolean {
  switch (scalar) {
    case "u64":
    case "i64":
    case "u128":
    case "i128":
    case "pointer":
      return true;
    case "u8":
    case "u16":
    case "u32":
    case "i8":
    case "i16":
    case "i32":
    case "f32":
    case "f64":
    case "bool":
      return false;
  }
}

/** `sizeof` the C type, in bytes. */
export function sizeOfShape(shape: Shape): number {
  switch (shape.kind) {
    case "scalar":
      return scalarSize[shape.scalar];
    case "tagged":
    case "text":
    case "bytes":
      return shape.size;
    case "list":
      return shape.count * shape.stride;
    case "rest":
    case "restText":
    case "restBytes":
      return 0;
    case "enum":
    case "record":
      return shape.declaration.size;
  }
}

const scalarSize = {
  u8: 1,
  i8: 1,
  bool: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  u64: 8,
  i64: 8,
  f64: 8,
  pointer: 8,
  u128: 16,
  i128: 16,
} as const;
