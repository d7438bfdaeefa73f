import type { Codec } from "./codec.ts";
import type { CarriedTypes } from "./kernel/target-types.ts";

/**
 * What a generated module tells the runtime about its object: the argument of `defineSkeleton`.
 *
 * This is the contract between generated files and the runtime. A runtime accepts every `format` it ever shipped,
 * so a field may be added here, and never change its meaning.
 */
export interface SkeletonSpec {
  readonly format: 1;
  /** Named in errors and given to the kernel as the object's name. */
  readonly name: string;
  /** The compiled object. Called when the skeleton is opened, not when the module is imported. */
  readonly object: () => Uint8Array;
  /** By C name. */
  readonly maps: Readonly<Record<string, MapSpec>>;
  /** C names of the programs. */
  readonly progs: readonly string[];
  /** Sections of global data by their name in the skeleton: "rodata", "bss", "data_custom". */
  readonly globals: Readonly<Record<string, GlobalsSpec>>;
  /** Maps of struct_ops by C name. */
  readonly structOps?: Readonly<Record<string, StructOpsSpec>>;
  /** What `core-gen skel --min-btf` put in: types for kernels that have none of their own. */
  readonly minBtf?: readonly CarriedTypes[];
}

/** One map: which class it becomes and how its bytes are read. */
export type MapSpec =
  | { readonly type: "ringbuf"; readonly record: Codec<unknown> }
  | { readonly type: "perf_event_array"; readonly record: Codec<unknown> }
  | { readonly type: "user_ringbuf"; readonly record: Codec<unknown> }
  | { readonly type: "hash" | "percpu_hash"; readonly key: Codec<unknown>; readonly value: Codec<unknown> }
  | { readonly type: "array" | "percpu_array"; readonly value: Codec<unknown> }
  | { readonly type: "queue" | "stack" | "bloom_filter"; readonly value: Codec<unknown> }
  | LpmTrieSpec
  | { readonly type: "array_of_maps"; readonly inner: MapSpec }
  | { readonly type: "hash_of_maps"; readonly key: Codec<unknown>; readonly inner: MapSpec }
  | {
      readonly type: "task_storage" | "sk_storage" | "inode_storage" | "cgrp_storage";
      readonly value: Codec<unknown>;
    }
  | { readonly type: "sockhash"; readonly key: Codec<unknown> }
  | { readonly type: DescriptorMapType }
  | { readonly type: "stack_trace" }
  | { readonly type: "struct_ops" }
  | { readonly type: "other" };

/** Maps of things that are given by their descriptors or numbers. */
export type DescriptorMapType =
  "prog_array" | "cgroup_array" | "sockmap" | "reuseport_sockarray" | "xskmap" | "devmap" | "devmap_hash" | "cpumap";

/** A trie; with `addresses`, its keys are written and read as text, "10.0.0.0/8". */
export interface LpmTrieSpec {
  readonly type: "lpm_trie";
  readonly key: Codec<unknown>;
  readonly value: Codec<unknown>;
  readonly addresses: boolean;
}

/** One section of global data. */
export interface GlobalsSpec {
  /** The ELF section: ".rodata", ".data.custom". */
  readonly section: string;
  /** In bytes. */
  readonly size: number;
  /** Each variable: its offset in bytes, and its type. */
  readonly fields: Readonly<Record<string, readonly [offset: number, codec: Codec<unknown>]>>;
}

/** What can be set in one struct_ops map before it is loaded. */
export interface StructOpsSpec {
  /** Of its struct in the object, in bytes. */
  readonly size: number;
  /** Each member: its offset in bytes, and its type, or that it is a function. */
  readonly fields: Readonly<Record<string, readonly [offset: number, codec: Codec<unknown> | "program"]>>;
}
