/**
 * The kinds of BTF types, in the kernel's numbering: `kinds[5]` is the kind that `BTF_KIND_UNION` (5) stands for.
 * The names are those that libbpf prints (`btf_kind_str`).
 */
export const kinds = [
  "void",
  "int",
  "ptr",
  "array",
  "struct",
  "union",
  "enum",
  "fwd",
  "typedef",
  "volatile",
  "const",
  "restrict",
  "func",
  "func_proto",
  "var",
  "datasec",
  "float",
  "decl_tag",
  "type_tag",
  "enum64",
] as const;

export type BtfKind = (typeof kinds)[number];

/** `void`: type id 0, never in the type section. */
export interface VoidType {
  readonly kind: "void";
  readonly name: "";
}

/** `unsigned long`, `char`, `bool`, `__int128`: `bits` of `size` bytes, from bit `offset` on (0 from every compiler in use). */
export interface IntType {
  readonly kind: "int";
  readonly name: string;
  readonly size: number;
  readonly bits: number;
  readonly offset: number;
  readonly signed: boolean;
  readonly char: boolean;
  readonly bool: boolean;
}

/** `T *`. */
export interface PtrType {
  readonly kind: "ptr";
  readonly name: string;
  readonly type: number;
}

/** `T[nelems]`; a flexible array is one with `nelems` 0 at the end of a struct. */
export interface ArrayType {
  readonly kind: "array";
  readonly name: string;
  readonly type: number;
  readonly indexType: number;
  readonly nelems: number;
}

/** One member of a struct or union. */
export interface Member {
  /** Empty for an anonymous struct or union, and for padding bit-fields. */
  readonly name: string;
  readonly type: number;
  /** In bits from the start; on big-endian objects counted from the most significant bit of the first byte. */
  readonly bitOffset: number;
  /** Bits of a bit-field, 0 for an ordinary member. */
  readonly bitSize: number;
}

/** `struct name { … }`, `size` in bytes with its tail padding. */
export interface StructType {
  readonly kind: "struct";
  readonly name: string;
  readonly size: number;
  readonly members: readonly Member[];
}

/** `union name { … }`. */
export interface UnionType {
  readonly kind: "union";
  readonly name: string;
  readonly size: number;
  readonly members: readonly Member[];
}

/** One named value of an enum. */
export interface Enumerator {
  readonly name: string;
  readonly value: number;
}

/** `enum name { … }` of up to 32 bits. */
export interface EnumType {
  readonly kind: "enum";
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly Enumerator[];
}

/** `struct name;` or `union name;`. */
export interface FwdType {
  readonly kind: "fwd";
  readonly name: string;
  readonly union: boolean;
}

/** `typedef T name`. */
export interface TypedefType {
  readonly kind: "typedef";
  readonly name: string;
  readonly type: number;
}

/** `volatile T`, `const T`, `T *restrict`. */
export interface ModifierType {
  readonly kind: "volatile" | "const" | "restrict";
  readonly name: string;
  readonly type: number;
}

/** How a function or variable is linked. */
export type Linkage = "static" | "global" | "extern";

/** A function: `type` is its `func_proto`. */
export interface FuncType {
  readonly kind: "func";
  readonly name: string;
  readonly type: number;
  readonly linkage: Linkage;
}

/** One parameter; a last one with type 0 and no name is `...`. */
export interface Param {
  readonly name: string;
  readonly type: number;
}

/** `R (*)(params)`: `type` is what it returns. */
export interface FuncProtoType {
  readonly kind: "func_proto";
  readonly name: string;
  readonly type: number;
  readonly params: readonly Param[];
}

/** A global variable. */
export interface VarType {
  readonly kind: "var";
  readonly name: string;
  readonly type: number;
  readonly linkage: Linkage;
}

/** Where a variable or extern function lies in its section, in bytes. */
export interface VarSecinfo {
  readonly type: number;
  readonly offset: number;
  readonly size: number;
}

/** A section of global data, externs or maps. */
export interface DataSecType {
  readonly kind: "datasec";
  readonly name: string;
  readonly size: number;
  readonly vars: readonly VarSecinfo[];
}

/** `float`, `double`, `long double`, `_Float16`. */
export interface FloatType {
  readonly kind: "float";
  readonly name: string;
  readonly size: number;
}

/** `__attribute__((btf_decl_tag("name")))` on `type`, or on its member or parameter `componentIdx` unless that is -1. */
export interface DeclTagType {
  readonly kind: "decl_tag";
  readonly name: string;
  readonly type: number;
  readonly componentIdx: number;
  /** Set where `name` is a whole attribute, `__attribute__((name))`, which newer compilers write with the kind flag. */
  readonly attribute?: true;
}

/** `T __attribute__((btf_type_tag("name"))) *`. */
export interface TypeTagType {
  readonly kind: "type_tag";
  readonly name: string;
  readonly type: number;
  /** Set where `name` is a whole attribute, `__attribute__((name))`, which newer compilers write with the kind flag. */
  readonly attribute?: true;
}

/** One named value of a 64-bit enum. */
export interface Enumerator64 {
  readonly name: string;
  readonly value: bigint;
}

/** `enum name { … }` with values that don't fit in 32 bits. */
export interface Enum64Type {
  readonly kind: "enum64";
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly Enumerator64[];
}

/**
 * One BTF type, decoded. Numbers that stand for other types are ids in the same BTF.
 * Format: https://docs.kernel.org/bpf/btf.html
 */
export type BtfType =
  | VoidType
  | IntType
  | PtrType
  | ArrayType
  | StructType
  | UnionType
  | EnumType
  | FwdType
  | TypedefType
  | ModifierType
  | FuncType
  | FuncProtoType
  | VarType
  | DataSecType
  | FloatType
  | DeclTagType
  | TypeTagType
  | Enum64Type;

/** Anything that can say what a type id stands for: a {@link Btf}, or types that were put on top of one. */
export interface TypeTable {
  /** How many ids there are: `0 … typeCount - 1`. */
  readonly typeCount: number;
  readonly littleEndian: boolean;
  /** The type with this id; throws a `CoreGenError` when there is none. */
  type(id: number): BtfType;
}
