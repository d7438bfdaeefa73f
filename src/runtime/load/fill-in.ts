import { CoreGenError } from "../../errors.ts";
import { BPF_PSEUDO_MAP_FD, BPF_PSEUDO_MAP_VALUE, CALL, type Insn } from "../../object/insn/insn.ts";
import { poisonCall, POISONED_MAP } from "../../object/insn/poison.ts";
import type { BpfObject, InsnRelocation } from "../../object/model.ts";
import { hasFeature } from "../kernel/features.ts";
import type { LoadedMap } from "./types.ts";

/** Puts the maps' descriptors into the instructions that refer to them (libbpf: `bpf_object__relocate_data`). */
export function fillInMaps(
  object: BpfObject,
  insns: Insn[],
  relocations: readonly InsnRelocation[],
  maps: ReadonlyMap<string, LoadedMap>,
): void {
  for (const { insn: slot, target } of relocations) {
    if (target.kind !== "map" && target.kind !== "data") continue;
    const [low, high] = [insns[slot], insns[slot + 1]];
    const def = object.maps[target.map];
    if (low === undefined || high === undefined || def === undefined) {
      throw new CoreGenError(
        "bad-object",
        `${object.elf.what}: the reference to a map in instruction ${slot} is cut off`,
      );
    }
    const map = maps.get(def.name);
    const offset = target.kind === "data" ? target.offset + low.imm + (map?.arena?.dataOffset ?? 0) : undefined;
    fillInMap(low, high, map, target.map, offset);
  }
}

function fillInMap(low: Insn, high: Insn, map: LoadedMap | undefined, index: number, offset: number | undefined): void {
  if (map === undefined) {
    // libbpf: `poison_map_ldimm64`.
    poisonCall(low, POISONED_MAP + index);
    poisonCall(high, POISONED_MAP + index);
    return;
  }
  low.src = offset === undefined ? BPF_PSEUDO_MAP_FD : BPF_PSEUDO_MAP_VALUE;
  low.imm = map.fd.number;
  high.imm = offset ?? 0;
}

// enum bpf_func_id
const PROBE_READ = 4;
const PROBE_READ_STR = 45;
const PROBE_READ_USER = 112;
const PROBE_READ_USER_STR = 114;
const PROBE_READ_KERNEL_STR = 115;

/** Kernels before 5.5 read user and kernel memory by the same helper (libbpf: `bpf_object__sanitize_prog`). */
export function replaceMissingHelpers(insns: readonly Insn[]): void {
  const calls = insns.filter(
    ({ code, src, imm }) => code === CALL && src === 0 && imm >= PROBE_READ_USER && imm <= PROBE_READ_KERNEL_STR,
  );
  if (calls.length === 0 || hasFeature("probe-read-kernel")) return;
  for (const call of calls) {
    const isText = call.imm === PROBE_READ_USER_STR || call.imm === PROBE_READ_KERNEL_STR;
    call.imm = isText ? PROBE_READ_STR : PROBE_READ;
  }
}
