import type { Btf } from "../btf/btf.ts";
import { sizeOf, skipModifiers } from "../btf/resolve.ts";

/** MAX_BPF_FUNC_ARGS. */
const MOST_ARGUMENTS = 12;
/** Bytes: two registers. */
const LARGEST_ARGUMENT = 16;

/** The ids of the functions among a kernel's or module's own types that trampolines can have and whose name is wanted. */
export function traceableFunctions(types: Btf, isWanted: (name: string) => boolean): number[] {
  return types.ownOfKind("func").filter((id) => isWanted(types.name(id)) && isTraceable(types, id));
}

/** Whether a trampoline can pass on the arguments and the result of a function (libbpf: `btf_type_is_traceable_func`). */
function isTraceable(types: Btf, id: number): boolean {
  const func = types.type(id);
  if (func.kind !== "func") return false;
  const proto = types.type(func.type);
  if (proto.kind !== "func_proto" || proto.params.length > MOST_ARGUMENTS) return false;
  return isScalarOrVoid(types, proto.type) && proto.params.every(({ type }) => isArgument(types, type));
}

function isScalarOrVoid(types: Btf, id: number): boolean {
  if (id === 0) return true;
  const { kind } = skipModifiers(types, id).type;
  return kind === "int" || kind === "ptr" || kind === "enum" || kind === "enum64" || kind === "void";
}

/** A last one of type 0 stands for `...`. */
function isArgument(types: Btf, id: number): boolean {
  if (id === 0) return false;
  const { id: plain, type } = skipModifiers(types, id);
  if (!["int", "ptr", "enum", "enum64", "struct", "union"].includes(type.kind)) return false;
  const size = sizeOf(types, plain);
  return size !== undefined && size > 0 && size <= LARGEST_ARGUMENT;
}
