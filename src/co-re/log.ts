import type { Btf } from "../btf/btf.ts";
import { skipModifiers } from "../btf/resolve.ts";
import type { Candidate } from "./candidates.ts";
import { isFieldBased, isTypeBased } from "./kinds.ts";
import type { Spec } from "./spec.ts";
import { enumeratorOf } from "./values.ts";

/** Takes a line of libbpf's debug log, without "libbpf: " before it. */
export type Log = (line: string) => void;

/** `<byte_off> [423] struct inode.i_atime.tv_sec (0:15:0 @ offset 88)` (libbpf: `bpf_core_format_spec`). */
export function logSpec(spec: Spec): string {
  const head = `<${spec.kind}> ${typeText(spec.btf, spec.rootTypeId)}`;
  if (isTypeBased(spec.kind)) return head;
  return isFieldBased(spec.kind) ? `${head}${stepsText(spec)} ${placeText(spec)}` : `${head}${enumeratorText(spec)}`;
}

/** `[17] struct task_struct`. */
function typeText(btf: Btf, id: number): string {
  return `[${id}] ${btf.kind(id)} ${btf.name(id) || "<anon>"}`;
}

/** "CO-RE relocating … found target candidate …" (libbpf: `bpf_core_add_cands`). */
export function candidateText(local: Btf, localId: number, { btf, id }: Candidate, isModule: boolean): string {
  return `CO-RE relocating ${typeText(local, localId)}: found target candidate ${typeText(btf, id)} in [${isModule ? btf.what : "vmlinux"}]`;
}

function stepsText({ accessors }: Spec): string {
  return accessors
    .map(({ name, index }, step) => {
      if (name !== undefined) return `.${name}`;
      return step > 0 || index > 0 ? `[${index}]` : "";
    })
    .join("");
}

function placeText({ rawSpec, bitOffset }: Spec): string {
  const [bytes, bits] = [Math.floor(bitOffset / 8), bitOffset % 8];
  return `(${rawSpec.join(":")} @ offset ${bytes}${bits === 0 ? "" : `.${bits}`})`;
}

/** libbpf shows the enumerator with the index that the spec has, the first one where nothing matched. */
function enumeratorText(spec: Spec): string {
  const { id, type } = skipModifiers(spec.btf, spec.rootTypeId);
  if (type.kind !== "enum" && type.kind !== "enum64") return "";
  const index = spec.rawSpec[0] ?? 0;
  const name = type.values[index]?.name ?? "";
  const value = enumeratorOf({ ...spec, accessors: [{ typeId: id, index, name }] });
  const bits = type.kind === "enum" ? 32 : 64;
  return `::${name} = ${type.signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)}`;
}
