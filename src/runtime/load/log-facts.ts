import type { Feature } from "../kernel/features.ts";

/** What an event is about, by its `kind`. */
export type LogFacts =
  /** What CO-RE did to an instruction, or looked at for it. */
  | {
      readonly kind: "relocation";
      /** Undefined in lines about a section or a type. */
      readonly program: string | undefined;
      /** Its number in the program's section. */
      readonly relocation: number | undefined;
    }
  /** A feature of the kernel was found out by trying; once in a process. */
  | { readonly kind: "feature-probed"; readonly feature: Feature; readonly supported: boolean }
  /** The object's types were changed to what this kernel understands. */
  | { readonly kind: "btf-sanitized"; readonly missing: readonly Feature[] }
  | { readonly kind: "btf-loaded"; readonly size: number }
  /** The kernel has refused the object's types, or knows none at all: loaded without. */
  | { readonly kind: "btf-left-out"; readonly errno: number | undefined; readonly log: readonly string[] }
  /** A function was put behind the program that calls it. */
  | {
      readonly kind: "subprogram-added";
      readonly program: string;
      readonly subprogram: string;
      readonly instructions: number;
    }
  /** The kernel's types, or others in their place, were needed; kept from then on for the whole process. */
  | { readonly kind: "types-read"; readonly path: string }
  /** A `__kconfig` variable has its value: as the configuration has it, or a number in hexadecimal. */
  | { readonly kind: "kconfig-set"; readonly variable: string; readonly value: string }
  /** A `__ksym` extern was found: an address, or the id of a variable or function in the types of the kernel or a module. */
  | { readonly kind: "ksym-resolved"; readonly symbol: string; readonly address: bigint }
  | {
      readonly kind: "ksym-resolved";
      readonly symbol: string;
      readonly declares: "variable" | "function";
      readonly typeId: number;
      /** Undefined for the kernel itself. */
      readonly module: string | undefined;
    }
  /** A weak extern that the kernel does not have: zero, or a call that must not be reached. */
  | { readonly kind: "extern-missing"; readonly extern: string }
  /** An instruction was made invalid, because a map or a kfunc is not there: the program must never get to it. */
  | {
      readonly kind: "instruction-poisoned";
      readonly program: string;
      /** Its number among the ELF relocations of the program and its subprograms. */
      readonly relocation: number;
      /** Its slot in the program as it is loaded. */
      readonly instruction: number;
      readonly map?: { readonly index: number; readonly name: string };
      readonly kfunc?: string;
    }
  /** A call, or the address of a function, got the distance to where that is in the program as it is loaded. */
  | {
      readonly kind: "call-relocated";
      /** The function that the instruction is in, and its slot there. */
      readonly function: string;
      readonly instruction: number;
      readonly distance: number;
      readonly subprogram: string;
      readonly start: number;
    }
  /** The kernel's struct for a struct_ops map, and the struct that is the map's value there, by their type ids. */
  | {
      readonly kind: "struct-ops-matched";
      readonly map: string;
      readonly typeId: number;
      readonly kernelTypeId: number;
      readonly kernelValueTypeId: number;
    }
  /** A member of a struct_ops map: bytes that were copied, or a program. Offsets are in bytes, in the object's struct and the kernel's. */
  | {
      readonly kind: "struct-ops-member";
      readonly map: string;
      readonly member: string;
      readonly from: number;
      readonly to: number;
      readonly holds: number | { readonly program: string };
    }
  /** The kernel's struct has no such member, and it is zero. */
  | { readonly kind: "struct-ops-member-skipped"; readonly map: string; readonly member: string }
  /** The privilege to load was taken from a BPF file system, or could not be. */
  | { readonly kind: "token-created"; readonly path: string }
  | { readonly kind: "token-skipped"; readonly object: string; readonly path: string; readonly errno: number }
  | { readonly kind: "map-created"; readonly map: string; readonly fd: number }
  /** A map that exists is used instead of a new one: the app's, or one that was pinned. */
  | { readonly kind: "map-reused"; readonly map: string; readonly fd: number }
  /** A map that is pinned by its name was looked for, and is there or is not. */
  | { readonly kind: "map-pin-found"; readonly map: string; readonly path: string }
  | { readonly kind: "map-pin-missing"; readonly map: string; readonly path: string }
  | { readonly kind: "map-pinned"; readonly map: string; readonly path: string }
  | { readonly kind: "map-unpinned"; readonly map: string; readonly path: string }
  /** A perf event array without a size has an element for each CPU. */
  | { readonly kind: "map-sized"; readonly map: string; readonly maxEntries: number }
  /** An element of a map of maps or a program array that the object fills in. */
  | {
      readonly kind: "map-slot-set";
      readonly map: string;
      readonly slot: number;
      readonly holds: "map" | "prog";
      readonly name: string;
      readonly fd: number;
    }
  | { readonly kind: "map-skipped"; readonly map: string }
  /** The kernel has refused the types of the map's keys and values: tried again without. */
  | { readonly kind: "map-untyped"; readonly map: string; readonly errno: number }
  | { readonly kind: "program-loaded"; readonly program: string; readonly fd: number; readonly instructions: number }
  | { readonly kind: "program-skipped"; readonly program: string }
  | { readonly kind: "program-refused"; readonly program: string; readonly errno: number }
  /** What the verifier said, of a program that was refused, or whose `logLevel` asks for it. */
  | { readonly kind: "verifier-log"; readonly program: string; readonly log: readonly string[] }
  | { readonly kind: "program-pinned"; readonly program: string; readonly path: string }
  | { readonly kind: "program-unpinned"; readonly program: string; readonly path: string };
