import type { Btf } from "../btf/btf.ts";
import type { StructType } from "../btf/types.ts";
import { CoreGenError } from "../errors.ts";
import { nearNames } from "../object/near-names.ts";
import type { RelocationTargets } from "./candidates.ts";

/** How the kernel calls the struct that is a map's value, and has the struct that users know inside. */
const VALUE_PREFIX = "bpf_struct_ops_";

/** In bytes; the kernel's largest has less than one thousand. */
const LARGEST_VALUE = 1 << 20;

/** A struct of the kernel that struct_ops can fill in. */
export interface KernelStruct {
  /** "tcp_congestion_ops". */
  readonly name: string;
  /** Where it is: the kernel's own types, or a module's on top of them. */
  readonly btf: Btf;
  readonly typeId: number;
  readonly struct: StructType;
  /** `struct bpf_struct_ops_NAME`: what a map of it has as its value. */
  readonly valueTypeId: number;
  /** In bytes. */
  readonly valueSize: number;
  /** Where the struct begins in the value, in bytes. */
  readonly dataOffset: number;
}

/**
 * Finds `struct NAME` and its `struct bpf_struct_ops_NAME` in the kernel, else in one of its modules
 * (libbpf: `find_struct_ops_kern_types`). Throws a `CoreGenError` with code `bad-input` that names what there is.
 */
export function findKernelStruct(what: string, name: string, targets: RelocationTargets): KernelStruct {
  const found = inTypes(targets.vmlinux, name);
  if (found !== undefined) return found;
  for (const module of targets.modules ?? []) {
    const inModule = inTypes(module, name);
    if (inModule !== undefined) return inModule;
  }
  const names = [targets.vmlinux, ...(targets.modules ?? [])].flatMap(structNames);
  const near = nearNames(name, names);
  throw new CoreGenError("bad-input", `${what}: this kernel takes no struct ${name} from BPF programs`, {
    hints: [
      near.length > 0
        ? `Near it: ${near.join(", ")}.`
        : `It takes: ${names.length > 0 ? names.join(", ") : "none: struct_ops came with Linux 5.6"}.`,
      "It may be in a module that is not loaded, or the kernel was built without it.",
    ],
  });
}

function inTypes(btf: Btf, name: string): KernelStruct | undefined {
  const valueTypeId = btf.find(VALUE_PREFIX + name, "struct");
  const typeId = btf.find(name, "struct");
  if (valueTypeId === undefined || typeId === undefined) return undefined;
  const value = btf.type(valueTypeId);
  const struct = btf.type(typeId);
  if (value.kind !== "struct" || struct.kind !== "struct") return undefined;
  const data = value.members.find(({ type }) => type === typeId);
  if (data === undefined || value.size > LARGEST_VALUE) return undefined;
  return { name, btf, typeId, struct, valueTypeId, valueSize: value.size, dataOffset: data.bitOffset / 8 };
}

/** The structs of these types that struct_ops can fill in; the kernel has more of the prefix for itself. */
function structNames(btf: Btf): string[] {
  const names: string[] = [];
  for (let id = btf.firstId; id < btf.typeCount; id++) {
    if (btf.kind(id) !== "struct" || !btf.name(id).startsWith(VALUE_PREFIX)) continue;
    const name = btf.name(id).slice(VALUE_PREFIX.length);
    if (inTypes(btf, name) !== undefined) names.push(name);
  }
  return names;
}
