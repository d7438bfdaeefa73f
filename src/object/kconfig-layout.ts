import type { Btf } from "../btf/btf.ts";
import { sizeOf, skipModifiers } from "../btf/resolve.ts";
import type { DataSecType } from "../btf/types.ts";
import { CoreGenError } from "../errors.ts";

/** The kernel takes no value of a map larger than this (`INT_MAX`). */
export const LARGEST_VALUE = 0x7fff_ffff;

/** The section of `__kconfig` externs. */
export const KCONFIG = ".kconfig";

/** What a `__kconfig` variable can hold (libbpf: `enum kcfg_type`); `text` is an array of char. */
export type KconfigKind = "bool" | "tristate" | "char" | "int" | "text";

/** The kind of a `__kconfig` variable's type, or undefined for one that can't be filled in (libbpf: `find_kcfg_type`). */
export function kconfigKindOf(btf: Btf, typeId: number): { kind: KconfigKind; signed: boolean } | undefined {
  const { type } = skipModifiers(btf, typeId);
  switch (type.kind) {
    case "int":
      if (type.bool) return type.size === 1 ? { kind: "bool", signed: false } : undefined;
      if (type.size === 1) return { kind: "char", signed: type.signed };
      return [2, 4, 8].includes(type.size) ? { kind: "int", signed: type.signed } : undefined;
    case "enum":
    case "enum64":
      if (type.name !== "libbpf_tristate" || (type.kind === "enum" && type.size !== 4)) return undefined;
      return { kind: "tristate", signed: false };
    case "array":
      if (type.nelems === 0 || kconfigKindOf(btf, type.type)?.kind !== "char") return undefined;
      return { kind: "text", signed: false };
    default:
      return undefined;
  }
}

/** Where each variable of `.kconfig` is, by its BTF id, and how large the section is. */
export interface KconfigLayout {
  readonly size: number;
  readonly offsets: ReadonlyMap<number, number>;
}

/**
 * Lays out the variables of `.kconfig`, which have no place in the file: those with the strictest alignment first, then
 * by size and name (libbpf: `cmp_externs`, `bpf_object__collect_externs`).
 */
export function layoutKconfig(btf: Btf, section: DataSecType): KconfigLayout {
  const variables = section.vars.map(({ type: id }) => measure(btf, id));
  variables.sort((a, b) => b.alignment - a.alignment || a.size - b.size || (a.name < b.name ? -1 : 1));
  const offsets = new Map<number, number>();
  let end = 0;
  for (const { id, size, alignment } of variables) {
    const offset = Math.ceil(end / alignment) * alignment;
    offsets.set(id, offset);
    end = offset + size;
  }
  if (end > LARGEST_VALUE)
    throw new CoreGenError("bad-object", `${btf.what}: the __kconfig variables are larger than a map can be`);
  return { size: end, offsets };
}

interface Measured {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  readonly alignment: number;
}

function measure(btf: Btf, id: number): Measured {
  const variable = btf.type(id);
  const size = sizeOf(btf, id);
  if (variable.kind !== "var" || size === undefined || kconfigKindOf(btf, variable.type) === undefined) {
    throw new CoreGenError(
      "bad-object",
      `${btf.what}: "${btf.name(id)}" can't be __kconfig: its type is none of those`,
      {
        hints: ["It must be bool, char, an integer, an array of char, or enum libbpf_tristate."],
      },
    );
  }
  return { id, name: variable.name, size, alignment: alignmentOf(btf, variable.type) };
}

/** Of the types that {@link kconfigKindOf} knows (libbpf: `btf__align_of`). */
function alignmentOf(btf: Btf, typeId: number): number {
  const { type } = skipModifiers(btf, typeId);
  if (type.kind === "array") return alignmentOf(btf, type.type);
  return Math.min(8, sizeOf(btf, typeId) ?? 1);
}
