import type { Btf } from "../btf/btf.ts";
import { TYPE_SIZE } from "../btf/index/offsets.ts";
import type { DataSecType, VarType } from "../btf/types.ts";
import { KSYMS } from "./externs.ts";

const VAR_SECINFO_SIZE = 12;
const PARAM_SIZE = 8;
const SIZE_OF_INT = 4;
const GLOBAL_LINKAGE = 1;

/**
 * The variable that stands in `.ksyms` for functions, which the kernel does not take there; undefined when the section
 * has none. It is the last type of the repaired BTF (libbpf: `add_dummy_ksym_var`).
 */
export function standInFor(btf: Btf): VarType | undefined {
  const id = btf.find(KSYMS, "datasec");
  const section = id === undefined ? undefined : btf.type(id);
  if (section?.kind !== "datasec" || !section.vars.some(({ type }) => btf.kind(type) === "func")) return undefined;
  return { kind: "var", name: "dummy_ksym", type: intOf(btf), linkage: "global" };
}

/** Some `int` of the object: all variables of `.ksyms` become one, whatever they were declared as. */
function intOf(btf: Btf): number {
  const ofFourBytes = btf.ownOfKind("int").find((id) => {
    const type = btf.type(id);
    return type.kind === "int" && type.bits === 32;
  });
  return ofFourBytes ?? 0;
}

/**
 * Makes of the section of `__ksym` externs one that the kernel takes: variables of four bytes, one behind the other;
 * and of the functions in it global ones whose parameters all have names (libbpf: `bpf_object__collect_externs`).
 * `btf` is over the bytes of `view`, the section begins at byte `at`.
 */
export function repairKsyms(btf: Btf, view: DataView, section: DataSecType, at: number): void {
  const set = (position: number, value: number): void => {
    view.setUint32(position, value, btf.littleEndian);
  };
  const int = intOf(btf);
  const standIn = btf.typeCount - 1;
  section.vars.forEach(({ type }, index) => {
    const declared = btf.type(type);
    const entry = at + TYPE_SIZE + index * VAR_SECINFO_SIZE;
    if (declared.kind === "func") {
      nameParams(btf, declared.type, view.getUint32(btf.offsetOf(standIn), btf.littleEndian), set);
      const info = btf.offsetOf(type) + 4;
      set(info, (view.getUint32(info, btf.littleEndian) & 0xff00_0000) | GLOBAL_LINKAGE);
    } else if (declared.kind === "var") {
      set(btf.offsetOf(type) + 8, int);
      set(btf.offsetOf(type) + TYPE_SIZE, GLOBAL_LINKAGE);
    }
    set(entry, declared.kind === "func" ? standIn : type);
    set(entry + 4, index * SIZE_OF_INT);
    set(entry + 8, SIZE_OF_INT);
  });
  set(at + 8, section.vars.length * SIZE_OF_INT);
}

function nameParams(btf: Btf, protoId: number, name: number, set: (position: number, value: number) => void): void {
  const proto = btf.type(protoId);
  if (proto.kind !== "func_proto") return;
  proto.params.forEach((param, index) => {
    if (param.type !== 0 && param.name === "") set(btf.offsetOf(protoId) + TYPE_SIZE + index * PARAM_SIZE, name);
  });
}
