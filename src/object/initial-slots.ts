import { mapTypes } from "./bpf-enums.ts";
import { CoreGenError } from "../errors.ts";
import type { Elf, ElfRelocation } from "./elf/elf.ts";
import { INSN_SIZE } from "./insn/insn.ts";
import { MAPS, type MapPlace } from "./maps.ts";
import type { BpfProgram, InitialSlot } from "./model.ts";

/** BPF's pointers, whatever this machine's are. */
const POINTER_SIZE = 8;

/**
 * What maps of maps and program arrays hold from the start, by index of the map: the relocations of `.maps`
 * (libbpf: `bpf_object__collect_map_relos`).
 */
export function readInitialSlots(
  elf: Elf,
  maps: readonly MapPlace[],
  programs: readonly BpfProgram[],
): ReadonlyMap<number, InitialSlot[]> {
  const section = elf.section(MAPS);
  const slots = new Map<number, InitialSlot[]>();
  if (section === undefined) return slots;
  for (const relocation of elf.relocations(section.index)) {
    const { map, slot } = readSlot({ elf, maps, programs, relocation, section: section.index });
    // Of two values for one element the last one counts.
    const others = (slots.get(map) ?? []).filter(({ index }) => index !== slot.index);
    slots.set(map, [...others, slot]);
  }
  return slots;
}

interface Context {
  readonly elf: Elf;
  readonly maps: readonly MapPlace[];
  readonly programs: readonly BpfProgram[];
  readonly relocation: ElfRelocation;
  /** The index of `.maps`. */
  readonly section: number;
}

function readSlot(context: Context): { map: number; slot: InitialSlot } {
  const { maps, relocation, section } = context;
  const { offset } = relocation;
  const map = maps.findIndex(
    (m) => m.section === section && m.values !== undefined && m.values.from <= offset && offset < m.values.to,
  );
  const place = maps[map];
  if (place?.values === undefined) throw problem(context, "is not among the values of a map");
  const index = (offset - place.values.from) / POINTER_SIZE;
  if (!Number.isInteger(index) || offset + POINTER_SIZE > place.values.to)
    throw problem(context, `is between two values of the map ${place.map.name}`);
  return { map, slot: { index, target: targetOf(context, place) } };
}

function targetOf(context: Context, { map }: MapPlace): InitialSlot["target"] {
  switch (mapTypes[map.type]) {
    case "prog_array":
      return { kind: "program", at: programOf(context) };
    case "hash_of_maps":
      if (map.keySize !== 4)
        throw problem(
          context,
          `is a value of the map ${map.name}, whose keys have ${map.keySize} bytes: only with keys of 4 bytes can its values be counted`,
        );
      return { kind: "map", at: mapOf(context) };
    case "array_of_maps":
      return { kind: "map", at: mapOf(context) };
    default:
      throw problem(context, `is a value of the map ${map.name}, which holds neither maps nor programs`);
  }
}

function mapOf(context: Context): number {
  const { maps, section } = context;
  const { symbol } = context.relocation;
  if (symbol.section !== section) throw problem(context, "is no map");
  const at = maps.findIndex((m) => m.section === section && m.offset === symbol.value && m.map.name === symbol.name);
  if (at < 0) throw problem(context, "is not the beginning of a map");
  return at;
}

function programOf(context: Context): number {
  const { symbol } = context.relocation;
  const at = context.programs.findIndex(
    (program) => program.sectionIndex === symbol.section && program.sectionInsnOffset * INSN_SIZE === symbol.value,
  );
  if (at < 0)
    throw problem(context, "is no program: of a static function or one in .text there is nothing to be called");
  return at;
}

function problem({ elf, relocation }: Context, text: string): CoreGenError {
  const { offset, symbol } = relocation;
  const name = symbol.name === "" ? "an unnamed symbol" : `"${symbol.name}"`;
  return new CoreGenError("bad-object", `${elf.what}, section ${MAPS}: ${name} at byte ${offset} ${text}`);
}
