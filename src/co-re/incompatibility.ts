import type { Btf } from "../btf/btf.ts";
import { skipModifiers } from "../btf/resolve.ts";
import type { FuncProtoType } from "../btf/types.ts";
import { typesAreCompatible } from "./types-compat.ts";

/**
 * In a few words, why `typesAreCompatible` says no to what an object declares and the kernel has: "argument 2 is a
 * pointer to struct nf_conn, declared as a pointer to fwd nf_conn".
 */
export function explainIncompatibility(local: Btf, localId: number, target: Btf, targetId: number): string {
  const { type: one } = skipModifiers(local, localId);
  const { type: other } = skipModifiers(target, targetId);
  if (one.kind !== "func_proto" || other.kind !== "func_proto")
    return difference("it", local, localId, target, targetId);
  if (one.params.length !== other.params.length) return `it takes ${count(other)}, and is declared with ${count(one)}`;
  const index = one.params.findIndex((param, at) => !accepts(local, param.type, target, other.params[at]?.type ?? 0));
  if (index < 0) return difference("what it returns", local, one.type, target, other.type);
  return difference(
    `argument ${index + 1}`,
    local,
    one.params[index]?.type ?? 0,
    target,
    other.params[index]?.type ?? 0,
  );
}

function accepts(local: Btf, localId: number, target: Btf, targetId: number): boolean {
  return typesAreCompatible(local, skipModifiers(local, localId).id, target, skipModifiers(target, targetId).id);
}

function count({ params }: FuncProtoType): string {
  return params.length === 1 ? "one argument" : `${params.length} arguments`;
}

function difference(what: string, local: Btf, localId: number, target: Btf, targetId: number): string {
  const [declared, there] = [inWords(local, localId), inWords(target, targetId)];
  const forward = declared.includes("fwd ")
    ? " (define the struct: without a definition it is a type of another kind)"
    : "";
  return `${what} is ${there}, declared as ${declared}${forward}`;
}

/** Levels of pointers that are worth showing. */
const MAX_DEPTH = 4;

function inWords(btf: Btf, id: number, depth = 0): string {
  const { type } = skipModifiers(btf, id);
  if (type.kind === "ptr")
    return depth < MAX_DEPTH ? `a pointer to ${inWords(btf, type.type, depth + 1)}` : "a pointer";
  return type.name === "" ? type.kind : `${type.kind} ${type.name}`;
}
