import type { MapTypeName } from "../object/bpf-enums.ts";
import type { Link } from "./links/link.ts";
import type { StructOpsLink } from "./links/struct-ops.ts";
import type { OnLog } from "./load/log-events.ts";
import type { MapSource } from "./load/types.ts";
import type { ArrayOfMaps } from "./maps/array-of-maps.ts";
import type { BpfMap } from "./maps/bpf-map.ts";
import type { HashOfMaps } from "./maps/hash-of-maps.ts";
import type { StackTraceMap } from "./maps/stack-trace-map.ts";
import type { Program } from "./programs/program.ts";

/**
 * What a skeleton is made of, by C name, as generated modules say it: the class of each map, the programs, of each
 * section of global data its variables, and of each struct_ops map the members that can be set.
 */
export interface Shape {
  maps: object;
  progs: object;
  globals: object;
  structOps?: object;
}

/** The struct_ops maps of a shape; modules of objects without them do not mention any. */
type StructOps<S extends Shape> = S extends { structOps: infer Maps extends object } ? Maps : object;

/**
 * A generated skeleton: a compiled object and what is known about it. Nothing happens before `open` or `load`.
 *
 * @example
 * using skel = opencount.load({ rodata: { report_every: 10n } });
 * skel.attach();
 */
export interface Skeleton<S extends Shape, L = Loaded<S>> {
  readonly name: string;
  /** Reads the object, for settings that only count before loading. Needs no privileges, and nothing to be closed. */
  open(settings?: Settings<S>): Opened<S, L>;
  /**
   * Opens and loads in one step.
   *
   * Throws a `KernelError` when the kernel refuses, a `VerifierError` when it refuses a program; nothing is left behind then.
   */
  load(settings?: Settings<S>): L;
}

/** What can be set before loading. */
export type Settings<S extends Shape> = {
  readonly maps?: { readonly [M in keyof S["maps"]]?: MapSettingsOf<S["maps"][M]> };
  readonly progs?: { readonly [P in keyof S["progs"]]?: ProgramSettings };
  /** Members of struct_ops maps; a function by the C name of its program, null for none. */
  readonly structOps?: {
    readonly [M in keyof StructOps<S>]?: MemberSettings<StructOps<S>[M], keyof S["progs"]>;
  };
  /**
   * The kernel types to relocate against, instead of the running kernel's and of what the environment variable
   * CORE_GEN_BTF names: a file (BTF, or an ELF file with .BTF) or a folder with one for this kernel (RELEASE.btf, or
   * ID/VERSION_ID/ARCH/RELEASE.btf as in BTFHub's archive), as libbpf's `btf_custom_path`.
   */
  readonly btfPath?: string | undefined;
  /**
   * Lines of a kernel's configuration, such as "CONFIG_HZ=250": `__kconfig` variables have their values from there, and
   * only those that it leaves open from the running kernel's, as libbpf's `kconfig`. Or values for the variables
   * themselves, which `__weak` ones keep where no configuration has them.
   *
   * @example
   * tool.load({ kconfig: "CONFIG_HZ=250\nCONFIG_LOCALVERSION=\"-custom\"" });
   */
  readonly kconfig?: string | KconfigVariables<S["globals"]> | undefined;
  /**
   * The folder in a BPF file system where maps with `LIBBPF_PIN_BY_NAME` are pinned, and taken from when they are there
   * already: /sys/fs/bpf when this is left out, as libbpf's `pin_root_path`.
   */
  readonly pinRoot?: string | undefined;
  /**
   * In a user namespace, the BPF file system to which the host has delegated the use of bpf() (Linux 6.9), as libbpf's
   * `bpf_token_path`. When this is left out: what the environment variable LIBBPF_BPF_TOKEN_PATH names, else /sys/fs/bpf
   * if it delegates anything. "" for none.
   */
  readonly tokenPath?: string | undefined;
  /**
   * Gets to know what happens while the object is loaded: every line that libbpf would write into its debug log, as an
   * event with its facts. What it throws ends the loading, which then leaves nothing behind.
   *
   * @example
   * execsnoop.load({ onLog: ({ level, message }) => level === "debug" || console.error(message) });
   */
  readonly onLog?: OnLog | undefined;
} & { readonly [G in Exclude<keyof S["globals"], "kconfig">]?: Readonly<Partial<S["globals"][G]>> };

/** The variables of a shape's `.kconfig`; of objects without any there are none. */
type KconfigVariables<Globals> = Globals extends { kconfig: infer Variables } ? Readonly<Partial<Variables>> : never;

/** Programs are known by their names as long as nothing is opened. */
type MemberSettings<Members, Name> = {
  readonly [F in keyof Members]?: [Members[F]] extends [OpenedProgram | null] ? Name | null : Members[F];
};

/** What can be set about a map whose keys and values a class reads; see {@link OpenedMap}. */
export interface MapSettings {
  readonly kind?: MapTypeName;
  readonly maxEntries?: number;
  readonly flags?: number;
  readonly mapExtra?: bigint;
  readonly numaNode?: number;
  readonly ifindex?: number;
  readonly autocreate?: boolean;
  readonly pinPath?: string | undefined;
  readonly reuse?: MapSource;
}

/** What can be set about a map that no class reads. */
export interface UntypedMapSettings extends MapSettings {
  readonly keySize?: number;
  readonly valueSize?: number;
  readonly inner?: UntypedMapSettings;
}

/** A map of the plain class has no reader, which would have to know the sizes. */
type MapSettingsOf<M> = HasFreeSizes<M> extends true ? UntypedMapSettings : MapSettings;
type OpenedMapOf<M> = HasFreeSizes<M> extends true ? OpenedUntypedMap : OpenedMap;
/** Of maps of maps it is the template whose sizes may be set, and which may be taken from a map that exists. */
type HasFreeSizes<M> = BpfMap extends M ? true : M extends WithFreeSizes ? true : false;
type WithFreeSizes = ArrayOfMaps<BpfMap> | HashOfMaps<never, BpfMap> | StackTraceMap;

export interface ProgramSettings {
  readonly autoload?: boolean;
  readonly attachTarget?: AttachTarget;
  readonly logLevel?: number;
}

/** What a program that is for one function attaches to: a function of the kernel, of a module, or of another program. */
export interface AttachTarget {
  /** Its name, of a function in a module "veth:veth_xmit"; what the section says when this is left out. */
  readonly function?: string | undefined;
  /** A loaded program, or the number of its descriptor: the function is in there, and not in the kernel. */
  readonly program?: Program | number | undefined;
}

/** An object between open and load. */
export type Opened<S extends Shape, L = Loaded<S>> = OpenedParts<S, L> & {
  readonly [G in keyof S["globals"]]: Variables<S["globals"][G]>;
};

/** The variables of a section: each can be set as a whole, and what it reads as is a copy that can't be changed. */
type Variables<G> = { [V in keyof G]: Frozen<G[V]> };

/** A value that is frozen all the way down. */
type Frozen<T> = T extends Uint8Array
  ? T
  : T extends readonly (infer E)[]
    ? readonly Frozen<E>[]
    : T extends object
      ? { readonly [K in keyof T]: Frozen<T[K]> }
      : T;

interface OpenedParts<S extends Shape, L> {
  readonly name: string;
  readonly maps: { readonly [M in keyof S["maps"]]: OpenedMapOf<S["maps"][M]> };
  /** The maps behind the sections of global data: to pin them, to share them, to make them larger. */
  readonly sections: { readonly [G in keyof S["globals"]]: OpenedSection };
  readonly progs: { readonly [P in keyof S["progs"]]: OpenedProgram };
  /**
   * What struct_ops maps are loaded with: values, and functions, which are programs of `progs` or null. A program that
   * is in no map that is created is not loaded.
   */
  readonly structOps: { readonly [M in keyof StructOps<S>]: StructOps<S>[M] };
  /** Makes maps and programs in the kernel; see {@link Skeleton.load}. An object is loaded once. */
  load(): L;
}

/**
 * A map that is not made yet. What is set is checked when it is set: a RangeError or TypeError says what would do. What
 * the kernel makes of it shows when the map is made.
 */
export interface OpenedMap {
  readonly name: string;
  /**
   * The kernel's `BPF_MAP_TYPE_*`: one that the map's class can stand for ("hash", "lru_hash"). A "ringbuf" may become a
   * "perf_event_array", for a program that does with either on kernels before 5.8; its records are read in the same way.
   */
  kind: MapTypeName;
  /** In bytes. */
  readonly keySize: number;
  /** In bytes. */
  readonly valueSize: number;
  /** Entries, of a ring buffer bytes, of an arena pages. A positive 32-bit integer. */
  maxEntries: number;
  /** `BPF_F_*`, all of them: what is set replaces what the object says. */
  flags: number;
  /** What `map_extra` means for this kind: hash functions of a bloom filter, the address of an arena. */
  mapExtra: bigint;
  /** The NUMA node whose memory it takes, if `flags` has `BPF_F_NUMA_NODE`, which setting it sets, too. */
  numaNode: number;
  /** The network device that the map is offloaded to, 0 for none. */
  ifindex: number;
  /**
   * Whether `load` makes it. A program that refers to a map that is not made is refused by the kernel, unless it finds
   * out that it never gets there.
   */
  autocreate: boolean;
  /**
   * Where it is pinned by `load`, and taken from when it is pinned there already; undefined for nowhere. At first that
   * is its name in `pinRoot` when the object says `LIBBPF_PIN_BY_NAME`. A pinned map that was not made as this one would
   * be makes `load` throw an `IncompatibleMapError`.
   */
  pinPath: string | undefined;
  /** The template of the maps in it, of a map of maps whose object has one. */
  readonly inner: OpenedUntypedMap | undefined;
  /**
   * Uses a map that exists instead of making one: a map of another skeleton, the path of a pin, or a descriptor. `load`
   * opens a descriptor of its own for it, and throws an `IncompatibleMapError` when its kind, key size or value size is
   * another; what is in it stays, and it is not pinned.
   */
  reuse(map: MapSource): void;
}

/** A map that no class reads, and whose sizes may change. */
export interface OpenedUntypedMap extends OpenedMap {
  /** In bytes. */
  keySize: number;
  /** In bytes. */
  valueSize: number;
  /** Takes the template of the maps in it from a map that exists (libbpf: `bpf_map__set_inner_map_fd`). */
  useInner(map: MapSource): void;
}

/** The map of a section of global data. */
export interface OpenedSection extends OpenedMap {
  /**
   * In bytes. What is added begins as zeros. If the section's last variable is an array, and a whole number of elements
   * makes up the size, that is what becomes longer or shorter, here, in the loaded skeleton and in the types that the
   * kernel gets (libbpf: `bpf_map__set_value_size`); else programs see it behind the last variable, and the section has
   * no types in the kernel. An array of none stays one here: what its elements are is not known.
   */
  valueSize: number;
}

/** A program that is not loaded yet. */
export interface OpenedProgram {
  readonly name: string;
  /** The ELF section: "tracepoint/syscalls/sys_enter_execve". */
  readonly section: string;
  /** Whether `load` loads it; false at first for programs of a section that begins with "?". */
  autoload: boolean;
  /**
   * What it attaches to, where SEC("fentry") and the like don't say it, or instead of what they say; `freplace` programs
   * need the program whose function they replace (libbpf: `bpf_program__set_attach_target`). Undefined at first.
   */
  attachTarget: AttachTarget | undefined;
  /**
   * How much the verifier is to say when it takes the program, for `log` of the loaded one: bits 1 (branches), 2 (every
   * instruction) and 4 (statistics). 0 at first, which is several times as fast. Setting it throws a RangeError for
   * anything but a number from 0 to 7.
   */
  logLevel: number;
}

/** Maps and programs in the kernel. */
export type Loaded<S extends Shape> = LoadedParts<S> & LoadedGlobals<S["globals"]>;

interface LoadedParts<S extends Shape> {
  readonly name: string;
  readonly maps: Readonly<S["maps"]>;
  /** The maps behind the sections of global data: their descriptors and pins. Their variables are `skel.bss.…`. */
  readonly sections: { readonly [G in keyof S["globals"]]: BpfMap };
  readonly progs: Readonly<S["progs"]>;
  /** The newest link of each program and struct_ops map, undefined as long as it is attached to nothing. */
  readonly links: { readonly [P in keyof S["progs"]]: Link | undefined } & {
    readonly [M in keyof StructOps<S>]: StructOpsLink | undefined;
  };
  /** What loading went on without, a sentence each; programs run all the same. */
  readonly warnings: readonly string[];
  readonly closed: boolean;
  /**
   * Attaches the programs whose section says what to, then registers the struct_ops maps, as libbpf's
   * `bpf_object__attach_skeleton` does: those that are loaded and not attached yet. If one fails, those that this call
   * attached are detached again, and its error is thrown.
   */
  attach(): void;
  /** Detaches all programs and struct_ops maps; `attach` may be called again. */
  detach(): void;
  /** Ends readers, detaches programs and closes everything, the newest first. A second call does nothing. */
  close(): void;
  [Symbol.dispose](): void;
}

/** Programs can't change `.rodata`, and after loading neither can the app. */
type LoadedGlobals<G extends object> = {
  readonly [Ident in keyof G]: Ident extends "rodata" | `rodata_${string}`
    ? Readonly<Variables<G[Ident]>>
    : Variables<G[Ident]>;
};
