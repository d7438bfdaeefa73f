import type { BpfObject } from "../../object/model.ts";
import { KernelError } from "../errors.ts";
import { hostIsLittleEndian } from "../memory.ts";
import type { Meanings } from "../sys/bpf.ts";
import { E2BIG, EINVAL } from "../sys/errno.ts";
import { mapUpdate } from "../sys/map-ops.ts";
import type { Fd } from "../sys/fd.ts";
import { logEvent, type OnLog } from "./log-events.ts";
import { holdsMaps } from "./plan-maps.ts";
import type { LoadedMap, LoadedProgram } from "./types.ts";

/** Puts the maps into a map of maps that the object says it holds (libbpf: `init_map_in_map_slots`). */
export function fillWithMaps(
  object: BpfObject,
  map: LoadedMap,
  maps: ReadonlyMap<string, LoadedMap>,
  onLog: OnLog | undefined,
): void {
  if (holdsMaps(map.def)) fill(map, "map", (at) => maps.get(object.maps[at]?.name ?? ""), onLog);
}

/** Puts programs into program arrays, after all of them are loaded (libbpf: `bpf_object_init_prog_arrays`). */
export function fillWithPrograms(
  object: BpfObject,
  maps: ReadonlyMap<string, LoadedMap>,
  programs: ReadonlyMap<string, LoadedProgram>,
  onLog: OnLog | undefined,
): void {
  for (const map of maps.values()) {
    if (holdsMaps(map.def) || map.reused) continue;
    fill(map, "prog", (at) => programs.get(object.programs[at]?.name ?? ""), onLog);
  }
}

/** Keys and values are 32 bits: an index, and a descriptor. */
function fill(
  { def, fd }: LoadedMap,
  holds: "map" | "prog",
  held: (at: number) => LoadedMap | LoadedProgram | undefined,
  onLog: OnLog | undefined,
): void {
  for (const { index, target } of def.slots) {
    const value = held(target.at);
    if (value === undefined) continue;
    store(fd, index, value.fd);
    const { name } = "def" in value ? value.def : value.program;
    logEvent(onLog, { kind: "map-slot-set", map: def.name, slot: index, holds, name, fd: value.fd.number });
  }
}

function store(fd: Fd, index: number, value: Fd): void {
  try {
    mapUpdate(fd, word(index), word(value.number));
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    const { errno, syscall, command = "" } = error;
    const doing = `putting ${value.what} into element ${index} of ${fd.what}`;
    throw new KernelError({ doing, syscall, command, errno, meaning: meanings.get(errno) });
  }
}

const meanings: Meanings = new Map([
  [EINVAL, "the kernel takes only what is like the template, its inner map, or of the same kind as the programs in it"],
  [E2BIG, "the map has fewer elements"],
]);

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, hostIsLittleEndian);
  return bytes;
}
