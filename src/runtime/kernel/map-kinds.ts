import type { MapTypeName } from "../../object/bpf-enums.ts";
import { kernelIsAtLeast, kernelRelease, type KernelVersion } from "./release.ts";

/** With which version of Linux each kind of map came, of those that came after BTF (5.0). */
const since: Readonly<Partial<Record<MapTypeName, KernelVersion>>> = {
  sk_storage: [5, 2],
  devmap_hash: [5, 4],
  struct_ops: [5, 6],
  ringbuf: [5, 8],
  inode_storage: [5, 10],
  task_storage: [5, 11],
  bloom_filter: [5, 16],
  user_ringbuf: [6, 1],
  cgrp_storage: [6, 2],
  arena: [6, 9],
};

/** Why the running kernel can't have maps of this kind, as far as its version says; undefined when it should. */
export function kindIsTooNew(kind: MapTypeName): string | undefined {
  const version = since[kind];
  if (version === undefined || kernelIsAtLeast(version)) return undefined;
  return `Maps of the kind ${kind} came with Linux ${version.join(".")}, this is ${kernelRelease()}.`;
}
