import type { Btf } from "../../btf/btf.ts";
import type { ResolvedExtern } from "../../co-re/resolve-externs.ts";
import type { BpfObject, BpfProgram, MapDef } from "../../object/model.ts";
import type { StructOpsValue } from "../../co-re/struct-ops.ts";
import type { CarriedTypes } from "../kernel/target-types.ts";
import type { Fd } from "../sys/fd.ts";
import type { OnLog } from "./log-events.ts";
import type { Mapping } from "../sys/mmap.ts";
import type { ModuleDescriptors } from "./module-descriptors.ts";

/** What the user decided between opening and loading. */
export interface LoadSettings {
  /** Programs by C name: whether to load them. For the others the object decides. */
  readonly autoload: ReadonlyMap<string, boolean>;
  /** Maps by C name, those of global data by their section: what was changed. */
  readonly maps: ReadonlyMap<string, MapChanges>;
  /** Maps of struct_ops by C name: what is in them, instead of what the object has. */
  readonly structOps?: ReadonlyMap<string, StructOpsValue>;
  /** Sections of global data by ELF name: what they hold at first, exactly as many bytes as the section's map. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
  /** What programs attach to, by C name of the program, where the section does not say it or says otherwise. */
  readonly attachTargets?: ReadonlyMap<string, AttachTargetSetting>;
  /** Types to be taken for the running kernel's. Called only when they are needed. */
  readonly kernelBtf?: () => Btf;
  /** A file or folder with the types to relocate against, instead of the kernel's. */
  readonly btfPath?: string | undefined;
  /** Lines of a kernel's configuration that count before those of the running kernel's, for `__kconfig` variables. */
  readonly kconfig?: string | undefined;
  /** The folder in a BPF file system where maps are pinned by their names; /sys/fs/bpf when this is left out. */
  readonly pinRoot?: string | undefined;
  /** Types to relocate against on kernels without their own. */
  readonly carried?: readonly CarriedTypes[] | undefined;
  /** Programs by C name: how much the verifier is to say (BPF_LOG_LEVEL1, 2 and BPF_LOG_STATS). Default: nothing. */
  readonly logLevels?: ReadonlyMap<string, number>;
  /** Gets to know what happens. */
  readonly onLog?: OnLog | undefined;
  /** The BPF file system that delegates the privilege to load; see `openToken`. */
  readonly tokenPath?: string | undefined;
  /** What the maps of global data are called in the kernel; the file's name when this is left out. */
  readonly name?: string;
}

/** What a program attaches to, instead of what its section says (libbpf: `bpf_program__set_attach_target`). */
export interface AttachTargetSetting {
  /** A function of the kernel, "veth:veth_xmit" for one of a module; or of `program`. What the section says without it. */
  readonly function?: string | undefined;
  /** The descriptor of a loaded program. */
  readonly program?: number | undefined;
}

/** What the user decided about a map between opening and loading; what is left out is as the object says. */
export interface MapChanges {
  /** `BPF_MAP_TYPE_*`. */
  readonly type?: number;
  /** In bytes. */
  readonly keySize?: number;
  readonly valueSize?: number;
  /** For ring buffers bytes. */
  readonly maxEntries?: number;
  readonly flags?: number;
  readonly mapExtra?: bigint;
  readonly numaNode?: number;
  /** The network device that the map is offloaded to. */
  readonly ifindex?: number;
  readonly autocreate?: boolean;
  /** Where the map is pinned, and taken from when it is pinned there already; null for nowhere. */
  readonly pinPath?: string | null;
  /** The map to be used instead of a new one. */
  readonly reuse?: MapSource;
  /** Of the template of a map of maps. */
  readonly inner?: MapChanges;
  /** The map to be the template of a map of maps. */
  readonly innerMap?: MapSource;
}

/** A map that exists: the path of its pin, its descriptor's number, or what has its descriptor. */
export type MapSource = string | number | { readonly name: string; readonly fd: number };

/** A map in the kernel. */
export interface LoadedMap {
  readonly def: MapDef;
  readonly fd: Fd;
  /** What the kernel was told: ring buffers are rounded up to whole pages, perf event arrays have one per CPU. */
  readonly maxEntries: number;
  /** Whether user space can map it (BPF_F_MMAPABLE). */
  readonly mmapable: boolean;
  /** What a section of constants holds, for good: `.rodata`, `.kconfig`. */
  readonly constants: Uint8Array | undefined;
  /** Whether it was there before. */
  readonly reused: boolean;
  /** Where the map is pinned. */
  readonly pinPath: string | undefined;
  /** Of an arena: its `__arena` variables in this process's memory, and where they are in the arena, in bytes. */
  readonly arena: { readonly memory: Mapping; readonly dataOffset: number } | undefined;
  /** Of a struct_ops map: the value that registers it, in the kernel's layout, with descriptors of programs. */
  readonly structOps?: Uint8Array;
}

/** A program in the kernel. */
export interface LoadedProgram {
  readonly program: BpfProgram;
  readonly fd: Fd;
  /** What the verifier said; empty with log level 0. */
  readonly log: readonly string[];
  /** The maps of its object, by {@link MapDef.name}: USDT programs find out through two of them where arguments are. */
  readonly maps: ReadonlyMap<string, LoadedMap>;
}

/** An object in the kernel; its owner closes it. */
export interface LoadedObject {
  /** By {@link MapDef.name}; those of global data by the name of their section. */
  readonly maps: ReadonlyMap<string, LoadedMap>;
  /** By C name, without those that were not loaded. */
  readonly programs: ReadonlyMap<string, LoadedProgram>;
  /** What went on without: nothing that programs need to run, one sentence each. */
  readonly warnings: readonly string[];
  /** Closes all descriptors; a second call does nothing. */
  close(): void;
  /** Closes all descriptors, and removes the pins that loading has made. */
  undo(): void;
}

/** What programs refer to. */
export interface ProgramContext {
  readonly object: BpfObject;
  readonly maps: ReadonlyMap<string, LoadedMap>;
  /** The object's types in the kernel; undefined when it refused them. */
  readonly btf: Fd | undefined;
  /** What gives the privilege to load; undefined when this process has it. */
  readonly token?: Fd | undefined;
  /** What the kernel has for `__ksym` externs, by index in the object. */
  readonly externs: ReadonlyMap<number, ResolvedExtern>;
  /** The types of modules that programs refer to. */
  readonly modules: ModuleDescriptors;
  readonly logLevels: ReadonlyMap<string, number>;
  readonly onLog: OnLog | undefined;
}
