import type { Btf } from "../btf/btf.ts";
import { essentialName } from "../btf/index/names.ts";
import { sizeOf, skipModifiers } from "../btf/resolve.ts";
import type { Member, StructType } from "../btf/types.ts";
import { CoreGenError } from "../errors.ts";
import type { BpfObject, MapDef, StructOpsDef } from "../object/model.ts";
import { nearNames } from "../object/near-names.ts";
import type { RelocationTargets } from "./candidates.ts";
import { findKernelStruct, type KernelStruct } from "./struct-ops-kernel.ts";

/** What is in a struct_ops map, as the user may have changed it: see {@link StructOpsDef}. */
export type StructOpsValue = Pick<StructOpsDef, "contents" | "functions">;

/** A struct_ops map in a kernel's terms. */
export interface MatchedStructOps {
  readonly kernel: KernelStruct;
  /** The map's value, but for the descriptors of programs. */
  readonly image: Uint8Array;
  readonly functions: readonly StructOpsFunction[];
  /** Members that were copied. */
  readonly copied: readonly CopiedMember[];
  /** Members that the kernel does not have, and that are zero. */
  readonly skipped: readonly string[];
}

/** A member that is bytes. */
export interface CopiedMember {
  readonly member: string;
  readonly size: number;
  /** In bytes, in the object's struct and in the kernel's. */
  readonly from: number;
  readonly to: number;
}

/** Where the kernel wants a program. */
export interface StructOpsFunction {
  /** Its C name. */
  readonly program: string;
  readonly member: string;
  /** The member's number in the kernel's struct: the program's `expected_attach_type`. */
  readonly index: number;
  /** In bytes, in the object's struct. */
  readonly from: number;
  /** In bytes from the start of the map's value. */
  readonly offset: number;
}

/**
 * Finds the kernel's struct for a struct_ops map, and puts each member where the kernel has it
 * (libbpf: `bpf_map__init_kern_struct_ops`). Pure.
 *
 * A member that the kernel does not have is left out if it is zero. Throws a `CoreGenError` with code `bad-input` when
 * the kernel has no such struct, or has a member not at all, with another size or of another kind.
 */
export function matchStructOps(
  object: BpfObject,
  map: MapDef,
  value: StructOpsValue,
  targets: RelocationTargets,
): MatchedStructOps {
  const { btf } = object;
  const local = map.structOps === undefined ? undefined : btf?.type(map.structOps.typeId);
  if (btf === undefined || local?.kind !== "struct")
    throw new CoreGenError("bad-object", `loading ${object.elf.what}: the map "${map.name}" has no struct`);
  const name = essentialName(local.name);
  const what = `loading ${object.elf.what}: ${map.name}`;
  const kernel = findKernelStruct(what, name, targets);
  const image = new Uint8Array(kernel.valueSize);
  const matcher = new Matcher(what, { object, btf, local, value }, kernel, image);
  for (const [index, member] of local.members.entries()) matcher.match(member, index);
  const { functions, copied, skipped } = matcher;
  return { kernel, image, functions, copied, skipped };
}

interface Local {
  readonly object: BpfObject;
  readonly btf: Btf;
  readonly local: StructType;
  readonly value: StructOpsValue;
}

class Matcher {
  readonly functions: StructOpsFunction[] = [];
  readonly copied: CopiedMember[] = [];
  readonly skipped: string[] = [];
  readonly #what: string;
  readonly #local: Local;
  readonly #kernel: KernelStruct;
  readonly #image: Uint8Array;

  constructor(what: string, local: Local, kernel: KernelStruct, image: Uint8Array) {
    this.#what = what;
    this.#local = local;
    this.#kernel = kernel;
    this.#image = image;
  }

  match(member: Member, index: number): void {
    const { btf, value } = this.#local;
    const { struct, btf: kernelBtf } = this.#kernel;
    const size = sizeOf(btf, member.type);
    if (size === undefined) throw this.#error(member, "has a type without a size");
    const at = Math.floor(member.bitOffset / 8);
    const bytes = value.contents.subarray(at, at + size);
    const program = value.functions.get(index);
    const kernelIndex = struct.members.findIndex(({ name }) => name === member.name);
    const kernelMember = struct.members[kernelIndex];
    if (kernelMember === undefined) {
      if (program !== undefined || !isZero(bytes)) throw this.#missing(member);
      this.skipped.push(member.name);
      return;
    }
    if (member.bitSize > 0 || kernelMember.bitSize > 0) throw this.#error(member, "is a bit-field, which can't be set");
    const offset = this.#kernel.dataOffset + kernelMember.bitOffset / 8;
    if (!Number.isInteger(offset) || offset + size > this.#image.length)
      throw this.#error(member, "is outside of the kernel's struct");
    const kind = skipModifiers(btf, member.type).type.kind;
    const { type: kernelType } = skipModifiers(kernelBtf, kernelMember.type);
    if (kind !== kernelType.kind)
      throw this.#error(member, `is of kind ${kind}, and of kind ${kernelType.kind} in the kernel`);
    if (kernelType.kind === "ptr") {
      if (program === undefined && isZero(bytes)) return;
      if (program === undefined) throw this.#error(member, "is a pointer that is not null, and no program");
      if (skipModifiers(kernelBtf, kernelType.type).type.kind !== "func_proto")
        throw this.#error(member, "is no function in the kernel");
      this.#checkProgram(member, program);
      this.functions.push({ program, member: member.name, index: kernelIndex, from: at, offset });
      return;
    }
    const kernelSize = sizeOf(kernelBtf, kernelMember.type);
    if (kernelSize !== size) throw this.#error(member, `has ${size} bytes, and ${kernelSize} in the kernel`);
    this.#image.set(bytes, offset);
    this.copied.push({ member: member.name, size, from: at, to: offset - this.#kernel.dataOffset });
  }

  #checkProgram(member: Member, name: string): void {
    const program = this.#local.object.programs.find((one) => one.name === name);
    if (program === undefined) throw this.#error(member, `is set to "${name}", and the object has no such program`);
    if (program.def?.typeName === "struct_ops") return;
    throw this.#error(member, `is set to the program "${name}", which is in SEC("${program.section}")`, [
      `Only programs of struct_ops can be there: SEC("struct_ops/${name}").`,
    ]);
  }

  #missing(member: Member): CoreGenError {
    const { struct } = this.#kernel;
    const near = nearNames(
      member.name,
      struct.members.map(({ name }) => name),
    );
    return this.#error(member, "is set, and this kernel does not have it", [
      ...(near.length > 0 ? [`Near it: ${near.join(", ")}.`] : []),
      "Make it null or zero between open() and load(), and it is left out.",
    ]);
  }

  #error(member: Member, problem: string, hints: readonly string[] = []): CoreGenError {
    const { name } = this.#kernel;
    const message = `${this.#what}: the member ${member.name} of struct ${name} ${problem}`;
    return new CoreGenError("bad-input", message, { hints });
  }
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
