import type { Btf } from "../btf/btf.ts";
import { CoreGenError } from "../errors.ts";
import { mapTypes } from "./bpf-enums.ts";
import { SHT_PROGBITS, type Elf } from "./elf/elf.ts";
import { readDataSection } from "./globals.ts";
import type { MapPlace } from "./maps.ts";

/** Where clang puts variables of address space 1: `__arena`. */
const ARENA_SECTION = ".addr_space.1";

/**
 * Gives the object's arena, the map, its `__arena` variables (libbpf: `init_arena_map_data`). They are in the
 * skeleton as `arena`, as bpftool has it.
 */
export function addArenaData(elf: Elf, btf: Btf | undefined, maps: readonly MapPlace[]): MapPlace[] {
  const [arena, second] = maps.filter(({ map }) => mapTypes[map.type] === "arena");
  if (arena !== undefined && second !== undefined) {
    throw new CoreGenError(
      "bad-object",
      `${elf.what}: the maps ${arena.map.name} and ${second.map.name} are both arenas, and an object can have one`,
    );
  }
  const section = elf.section(ARENA_SECTION);
  if (section?.type !== SHT_PROGBITS || section.size === 0) return [...maps];
  if (arena === undefined) {
    throw new CoreGenError("bad-object", `${elf.what}: it has __arena variables, and no map that is their arena`, {
      hints: ['Define a map with __uint(type, BPF_MAP_TYPE_ARENA) in SEC(".maps").'],
    });
  }
  const arenaData = readDataSection(elf, section, { ident: "arena", kind: "arena" }, btf);
  return maps.map((place) =>
    place === arena ? { ...place, map: { ...place.map, arenaData }, arenaSection: section.index } : place,
  );
}
