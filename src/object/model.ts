import type { Btf } from "../btf/btf.ts";
import type { BtfExt } from "../btf/ext.ts";
import type { Elf, ElfSymbol } from "./elf/elf.ts";
import type { Insn } from "./insn/insn.ts";
import type { SectionDef } from "./sections.ts";

/** The section of the functions that programs call. */
export const TEXT = ".text";

/** The section of the places that programs jump to by number: 8 bytes each, from the start of their code's section. */
export const JUMP_TABLES = ".jumptables";

/** What an instruction refers to that only loading can fill in, or that linking resolves. */
export type InsnTarget =
  /** `ld_imm64` of a map of `.maps`. */
  | { readonly kind: "map"; readonly map: number }
  /** `ld_imm64` of a variable: `map` is the data section's map, the instruction's imm the addend to `offset`. */
  | { readonly kind: "data"; readonly map: number; readonly offset: number }
  /** `call` of a function in `.text`, found at `offset` bytes plus the instruction's imm. */
  | { readonly kind: "call"; readonly offset: number }
  /** `ld_imm64` of a function's address, at `offset` bytes of `.text`. */
  | { readonly kind: "function"; readonly offset: number }
  /** `ld_imm64` of a jump table: these bytes of `.jumptables`. */
  | { readonly kind: "jump-table"; readonly offset: number; readonly size: number }
  /** `ld_imm64` or `call` of a `__ksym` extern; a `__kconfig` one is data. */
  | { readonly kind: "extern"; readonly extern: number };

/** One ELF relocation of a function, resolved to what it is against. */
export interface InsnRelocation {
  /** Slot in the function's `insns`. */
  readonly insn: number;
  readonly target: InsnTarget;
}

/** One function of the object: a program, or a subprogram in `.text`. */
export interface BpfFunction {
  readonly name: string;
  /** The ELF section as written: "tracepoint/syscalls/sys_enter_execve", "?kprobe/foo", ".text". */
  readonly section: string;
  readonly sectionIndex: number;
  /** Where the function begins in its section, in instruction slots. */
  readonly sectionInsnOffset: number;
  readonly insns: readonly Insn[];
  readonly relocations: readonly InsnRelocation[];
  readonly symbol: ElfSymbol;
}

/** One program: a function whose section says where the kernel runs it. */
export interface BpfProgram extends BpfFunction {
  /** What the section name means; undefined for a name that no rule knows: loading it is an error. */
  readonly def: SectionDef | undefined;
  /** False for `SEC("?…")`: not loaded unless the user asks. */
  readonly autoload: boolean;
}

/** One variable of a data section. */
export interface Variable {
  readonly name: string;
  /** In bytes from the section's start. */
  readonly offset: number;
  readonly size: number;
  /** In the object's BTF. */
  readonly typeId: number;
  /** The VAR itself in the object's BTF. */
  readonly varId: number;
  /** Static and hidden variables are part of the section, but not of the skeleton (bpftool does the same). */
  readonly exported: boolean;
}

/** One section of global data: a map with one value. */
export interface DataSection {
  /** The ELF section: ".rodata", ".data.custom", ".rodata.str1.1"; ".kconfig", which only BTF knows. */
  readonly section: string;
  /** What it is called in the skeleton: "rodata", "data_custom", "arena". */
  readonly ident: string;
  readonly kind: "data" | "rodata" | "bss" | "kconfig" | "arena";
  /** Its initial contents, `size` bytes; zeros for .bss and .kconfig. */
  readonly contents: Uint8Array;
  readonly variables: readonly Variable[];
}

/** A variable of `.struct_ops` or `.struct_ops.link`: functions and values for some part of the kernel. */
export interface StructOpsDef {
  /** The ELF section as written: ".struct_ops.link", "?.struct_ops". */
  readonly section: string;
  /** Its struct in the object's BTF. */
  readonly typeId: number;
  /** What the variable holds, in the object's byte order; zeros where functions are. */
  readonly contents: Uint8Array;
  /** The C names of its programs, by the number of the struct's member. */
  readonly functions: ReadonlyMap<number, string>;
}

/** A map of `.maps`, one that holds a data section, or one of struct_ops. */
export interface MapDef {
  /** Its C name; of a data section the ELF section's name. */
  readonly name: string;
  /** `BPF_MAP_TYPE_*`. */
  readonly type: number;
  /** Sizes in bytes. */
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly mapExtra: bigint;
  readonly numaNode: number | undefined;
  /** `LIBBPF_PIN_BY_NAME` is 1. */
  readonly pinning: number;
  /** Types of keys and values in the object's BTF, 0 where only a size was given. */
  readonly keyTypeId: number;
  readonly valueTypeId: number;
  /** The BTF id of the variable, for its decl tags; 0 for data sections. */
  readonly varTypeId: number;
  /** The template of the maps in this one, for maps in maps that define it. */
  readonly inner: MapDef | undefined;
  /** What is in it from the start: `.values = { [1] = &inner_map }`. */
  readonly slots: readonly InitialSlot[];
  /** False for maps in a `?` section. */
  readonly autocreate: boolean;
  /** The section of global data that this map is for. */
  readonly data: DataSection | undefined;
  /** The `__arena` variables, of the map that is the object's arena. */
  readonly arenaData: DataSection | undefined;
  /** Only of struct_ops maps; sizes in the kernel are those of the kernel's struct. */
  readonly structOps?: StructOpsDef;
}

/** One element of a map of maps or of a program array that the object fills in. */
export interface InitialSlot {
  /** The element's key. */
  readonly index: number;
  /** Index in the object's maps, or in its programs. */
  readonly target: { readonly kind: "map" | "program"; readonly at: number };
}

/** A `__kconfig` or `__ksym` symbol that the object needs and does not define. */
export interface Extern {
  readonly name: string;
  readonly kind: "kconfig" | "ksym";
  readonly weak: boolean;
  /** The variable or function in the object's BTF. */
  readonly typeId: number;
  /** A `__ksym` variable of type `void` is no more than an address. */
  readonly declares: "variable" | "function" | "address";
  /** What it is declared as, in the object's BTF, behind typedefs and qualifiers: of a function its prototype, 0 for `void`. */
  readonly declaredTypeId: number;
}

/** One compiled `.bpf.o`, read; the same value on every machine. */
export interface BpfObject {
  readonly elf: Elf;
  readonly littleEndian: boolean;
  /** The text of the `license` section, "" without one. */
  readonly license: string;
  /** The number in the `version` section, 0 without one. */
  readonly kernelVersion: number;
  /** With sizes and offsets of its DATASECs filled in; undefined when the object has none. */
  readonly btf: Btf | undefined;
  readonly ext: BtfExt | undefined;
  /** Programs, in the order of their sections. */
  readonly programs: readonly BpfProgram[];
  /** Functions of `.text`, which programs call. */
  readonly subprograms: readonly BpfFunction[];
  /** Maps of `.maps` in the order of definition, then the data sections, `.kconfig`, and struct_ops: libbpf's order. */
  readonly maps: readonly MapDef[];
  /** Those of `.kconfig`, then those of `.ksyms` by name: libbpf's order, which poisoned calls count by. */
  readonly externs: readonly Extern[];
}
