import type { Btf } from "../../btf/btf.ts";
import type { BpfObject, BpfProgram, MapDef } from "../../object/model.ts";
import type { CarriedTypes } from "../kernel/target-types.ts";
import type { Fd } from "../sys/fd.ts";
import type { OnLog } from "./log-events.ts";

/** What the user decided between opening and loading. */
export interface LoadSettings {
  /** Programs by C name: whether to load them. For the others the object decides. */
  readonly autoload: ReadonlyMap<string, boolean>;
  /** Maps of `.maps` by C name: how many entries they get, for ring buffers bytes. */
  readonly maxEntries: ReadonlyMap<string, number>;
  /** Sections of global data by ELF name: what they hold at first, exactly as many bytes as the section. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
  /** Types to be taken for the running kernel's. Called only when they are needed. */
  readonly kernelBtf?: () => Btf;
  /** A file or folder with the types to relocate against, instead of the kernel's. */
  readonly btfPath?: string | undefined;
  /** Types to relocate against on kernels without their own. */
  readonly carried?: readonly CarriedTypes[] | undefined;
  /** Programs by C name: how much the verifier is to say (BPF_LOG_LEVEL1, 2 and BPF_LOG_STATS). Default: nothing. */
  readonly logLevels?: ReadonlyMap<string, number>;
  /** Gets to know what happens. */
  readonly onLog?: OnLog | undefined;
  /** What the maps of global data are called in the kernel; the file's name when this is left out. */
  readonly name?: string;
}

/** A map in the kernel. */
export interface LoadedMap {
  readonly def: MapDef;
  readonly fd: Fd;
  /** What the kernel was told: ring buffers are rounded up to whole pages, perf event arrays have one per CPU. */
  readonly maxEntries: number;
  /** Whether user space can map it (BPF_F_MMAPABLE). */
  readonly mmapable: boolean;
  /** What a section of constants was loaded with, for good: `.rodata`, `.kconfig`. */
  readonly constants: Uint8Array | undefined;
}

/** A program in the kernel. */
export interface LoadedProgram {
  readonly program: BpfProgram;
  readonly fd: Fd;
  /** What the verifier said; empty with log level 0. */
  readonly log: readonly string[];
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
}

/** What programs refer to. */
export interface ProgramContext {
  readonly object: BpfObject;
  readonly maps: ReadonlyMap<string, LoadedMap>;
  /** The object's types in the kernel; undefined when it refused them. */
  readonly btf: Fd | undefined;
  readonly logLevels: ReadonlyMap<string, number>;
  readonly onLog: OnLog | undefined;
}
