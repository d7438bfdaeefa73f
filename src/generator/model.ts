/**
 * Everything that the templates print: every fact decided, every text made. All strings are TypeScript already, safe
 * names included; docs are whole comments.
 */
export interface SkeletonModel {
  /** The first line's text. */
  readonly header: string;
  readonly runtimeValues: readonly string[];
  readonly runtimeTypes: readonly string[];
  /** Enums, structs and unions, in the order in which maps, then globals, need them. */
  readonly declarations: readonly DeclarationModel[];
  /** Constants that the module keeps to itself. */
  readonly codecs: readonly { readonly name: string; readonly type: string; readonly expression: string }[];
  readonly globals: readonly GlobalsModel[];
  readonly maps: readonly MapModel[];
  readonly progs: readonly ProgramModel[];
  readonly structOps: readonly StructOpsModel[];
  /** Types for kernels without their own: string literals, and the expression of their bytes. */
  readonly minBtf: readonly { readonly kernels: readonly string[]; readonly btf: string }[];
  readonly skeleton: {
    readonly doc: string;
    /** The constant. */
    readonly name: string;
    /** The type of a loaded skeleton. */
    readonly typeName: string;
    readonly shapeName: string;
    /** Of the type of a loaded skeleton. */
    readonly loadedDoc: string;
    /** The object's, safe in comments. */
    readonly fileName: string;
    /** String literal: named in errors and given to the kernel. */
    readonly objectName: string;
    /** The expression that gets the object's bytes. */
    readonly object: string;
  };
}

/** What a module of types and their codecs prints. */
export interface DecodersModel {
  /** The first line's text. */
  readonly header: string;
  /** The second line's: how bytes are read. Empty when there is nothing to read. */
  readonly usage: string;
  readonly runtimeTypes: readonly string[];
  readonly declarations: readonly DeclarationModel[];
}

/** What a module of types alone prints. */
export interface TypesModel {
  /** The first line's text. */
  readonly header: string;
  readonly runtimeTypes: readonly string[];
  readonly declarations: readonly DeclarationModel[];
}

export interface DeclarationModel {
  /** Which of the three forms it has, a struct's when neither is true; a template can ask for nothing but truth. */
  readonly isEnum: boolean;
  readonly isVariants: boolean;
  readonly doc: string;
  readonly name: string;
  /** Of an enum. */
  readonly enumType: string;
  readonly values: readonly { readonly key: string; readonly value: string }[];
  /** Of a struct or union. */
  readonly size: number;
  readonly members: readonly MemberModel[];
  /** Of a struct: whether its members can be read one by one, from a view. */
  readonly isViewed: boolean;
  /** Of variants: the types that a record may have. */
  readonly variants: readonly string[];
  /** Of variants: the statements that read a value. */
  readonly reads: readonly string[];
  /** Of variants: the statements that make a view. */
  readonly views: readonly string[];
  /** The statements that store a value. */
  readonly writes: readonly string[];
}

export interface MemberModel {
  readonly doc: string;
  /** As a property of an interface. */
  readonly key: string;
  /** As a property of an object literal. */
  readonly literalKey: string;
  readonly type: string;
  /** The expression that reads it. */
  readonly read: string;
}

/** One section of global data. */
export interface GlobalsModel {
  readonly doc: string;
  readonly typeName: string;
  /** Its property in the skeleton. */
  readonly key: string;
  /** String literal. */
  readonly section: string;
  readonly size: number;
  readonly variables: readonly VariableModel[];
}

export interface VariableModel {
  readonly doc: string;
  readonly key: string;
  readonly literalKey: string;
  readonly type: string;
  readonly offset: number;
  /** Behind its entry in the literal. */
  readonly suffix: string;
  readonly codec: string;
}

export interface MapModel {
  readonly doc: string;
  readonly key: string;
  readonly literalKey: string;
  /** Its class: `HashMap<number, bigint>`. */
  readonly type: string;
  /** The classes in that type. */
  readonly classes: readonly string[];
  /** Its entry in the literal: `{ type: "hash", key: u32, value: u64 }`. */
  readonly spec: string;
}

/** What can be set of one struct_ops map. */
export interface StructOpsModel {
  readonly doc: string;
  /** The interface of its members. */
  readonly typeName: string;
  readonly key: string;
  readonly literalKey: string;
  /** Behind its entry in the literal. */
  readonly suffix: string;
  /** Of its struct, in bytes. */
  readonly size: number;
  readonly members: readonly StructOpsMemberModel[];
}

export interface StructOpsMemberModel {
  readonly doc: string;
  readonly key: string;
  readonly literalKey: string;
  readonly type: string;
  readonly offset: number;
  /** Behind its entry in the literal. */
  readonly suffix: string;
  /** A constant, or for a function the string literal "program". */
  readonly codec: string;
}

export interface ProgramModel {
  readonly doc: string;
  readonly key: string;
  /** String literal. */
  readonly name: string;
  /** The runtime's class: "XdpProgram". */
  readonly type: string;
}
