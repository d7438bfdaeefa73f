import type { Btf } from "../btf/btf.ts";
import type { VarSecinfo } from "../btf/types.ts";
import { CoreGenError } from "../errors.ts";
import { SHT_NOBITS, SHT_PROGBITS, type Elf, type ElfSection } from "./elf/elf.ts";
import { mapTypes } from "./bpf-enums.ts";
import { KCONFIG, LARGEST_VALUE } from "./kconfig-layout.ts";
import type { MapPlace } from "./maps.ts";
import type { DataSection, Variable } from "./model.ts";

/** Flag of a map that programs can only read. */
const BPF_F_RDONLY_PROG = 0x80;

/** Reads the sections of global data, each of which becomes a map with one value (libbpf: `bpf_object__init_global_data_maps`). */
export function readDataMaps(elf: Elf, btf: Btf | undefined): MapPlace[] {
  const inFile = elf.sections.flatMap((section) => {
    const kind = kindOfSection(section);
    // A section without contents is left out even where BTF knows it, as libbpf does.
    if (kind === undefined || section.size === 0) return [];
    return [asMap(elf, section, kind, btf)];
  });
  return [...inFile, ...kconfigMap(elf, btf)];
}

/** No symbol is defined in it: externs are resolved to its map by their names. */
const NO_SECTION = -1;

/** The map of `__kconfig` externs, which have no place in the file (libbpf: `bpf_object__init_kconfig_map`). */
function kconfigMap(elf: Elf, btf: Btf | undefined): MapPlace[] {
  const id = btf?.find(KCONFIG, "datasec");
  const section = id === undefined ? undefined : btf?.type(id);
  if (section?.kind !== "datasec" || section.size === 0) return [];
  return [asMap(elf, { name: KCONFIG, size: section.size, data: new Uint8Array(), index: NO_SECTION }, "kconfig", btf)];
}

function kindOfSection({ type, name }: ElfSection): DataSection["kind"] | undefined {
  const is = (base: string): boolean => name === base || name.startsWith(`${base}.`);
  if (type === SHT_PROGBITS && is(".data")) return "data";
  if (type === SHT_PROGBITS && is(".rodata")) return "rodata";
  return type === SHT_NOBITS && is(".bss") ? "bss" : undefined;
}

type Section = Pick<ElfSection, "name" | "size" | "data" | "index">;

function asMap(elf: Elf, section: Section, kind: DataSection["kind"], btf: Btf | undefined): MapPlace {
  // bpftool's rule (`get_map_ident`): the name without its dot, whatever is no letter or digit becomes "_".
  const ident = section.name.slice(1).replace(/[^A-Za-z0-9]/gu, "_");
  const data = readDataSection(elf, section, { ident, kind }, btf);
  return {
    section: section.index,
    offset: 0,
    map: {
      name: section.name,
      type: mapTypes.indexOf("array"),
      keySize: 4,
      valueSize: section.size,
      maxEntries: 1,
      flags: kind === "rodata" || kind === "kconfig" ? BPF_F_RDONLY_PROG : 0,
      mapExtra: 0n,
      numaNode: undefined,
      pinning: 0,
      keyTypeId: 0,
      valueTypeId: dataTypeId(btf, section),
      varTypeId: 0,
      inner: undefined,
      slots: [],
      autocreate: true,
      data,
      arenaData: undefined,
    },
  };
}

/** The section's DATASEC in BTF, 0 when there is none. */
function dataTypeId(btf: Btf | undefined, { name }: Section): number {
  return btf?.find(name, "datasec") ?? 0;
}

/** One section's contents and variables. */
export function readDataSection(
  elf: Elf,
  section: Section,
  { ident, kind }: Pick<DataSection, "ident" | "kind">,
  btf: Btf | undefined,
): DataSection {
  checkSize(elf, section);
  let zeros: Uint8Array | undefined;
  return {
    section: section.name,
    ident,
    kind,
    // The size of zeros costs nothing in the file: memory is taken when somebody looks.
    get contents() {
      return kind === "bss" || kind === "kconfig" ? (zeros ??= allocate(elf, section)) : section.data;
    },
    variables: btf === undefined ? [] : readVariables(btf, dataTypeId(btf, section)),
  };
}

function checkSize(elf: Elf, { name, size }: Section): void {
  if (size <= LARGEST_VALUE) return;
  throw new CoreGenError(
    "bad-object",
    `${elf.what}, section ${name}: ${size} bytes are more than a map can hold (${LARGEST_VALUE})`,
  );
}

function allocate(elf: Elf, { name, size }: Section): Uint8Array {
  try {
    return new Uint8Array(size);
  } catch (cause) {
    throw new CoreGenError(
      "bad-object",
      `${elf.what}, section ${name}: this process has no memory for its ${size} bytes`,
      { cause },
    );
  }
}

function readVariables(btf: Btf, datasecId: number): Variable[] {
  const section = btf.type(datasecId);
  return section.kind === "datasec" ? section.vars.flatMap((v) => readVariable(btf, v)) : [];
}

function readVariable(btf: Btf, { type: id, offset, size }: VarSecinfo): Variable[] {
  const variable = btf.type(id);
  if (variable.kind !== "var") return [];
  return [
    { name: variable.name, offset, size, typeId: variable.type, varId: id, exported: variable.linkage !== "static" },
  ];
}
