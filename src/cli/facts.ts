import { sizeOf } from "../btf/resolve.ts";
import { relocationKinds } from "../co-re/kinds.ts";
import { cDeclaration, cTypeName } from "../btf/c-declaration.ts";
import { mapTypes } from "../object/bpf-enums.ts";
import { linkProgram } from "../object/link.ts";
import type { BpfObject, BpfProgram, DataSection, MapDef } from "../object/model.ts";
import type { MapRecords, RecordReport } from "../object/record-info.ts";

/** What `core-gen inspect` says about an object: plain data, printed as text or as JSON. */
export interface ObjectFacts {
  readonly byteOrder: "little-endian" | "big-endian";
  readonly license: string;
  readonly programs: readonly ProgramFacts[];
  readonly maps: readonly MapFacts[];
  readonly globals: readonly GlobalsFacts[];
  /** How many there are, by kind, in the compiler's order; kinds without any are left out. */
  readonly relocations: Readonly<Record<string, number>>;
  readonly externs: readonly { readonly name: string; readonly kind: "kconfig" | "ksym"; readonly weak: boolean }[];
  readonly records: readonly RecordFacts[];
}

export interface ProgramFacts {
  readonly name: string;
  readonly section: string;
  /** The program type; undefined for a section that no rule knows. */
  readonly type: string | undefined;
  /** With the subprograms it calls, as it is loaded. */
  readonly instructions: number;
  readonly autoload: boolean;
}

export interface MapFacts {
  readonly name: string;
  readonly kind: string;
  /** In C; undefined where only a size is known. */
  readonly key: string | undefined;
  readonly keySize: number;
  readonly value: string | undefined;
  readonly valueSize: number;
  readonly maxEntries: number;
}

export interface GlobalsFacts {
  readonly section: string;
  readonly size: number;
  readonly variables: readonly { readonly declaration: string; readonly offset: number; readonly size: number }[];
}

export interface RecordFacts {
  readonly map: string;
  /** Undefined when it is not known; several when it is undecided. */
  readonly types: readonly { readonly name: string; readonly size: number }[];
  readonly foundBy: MapRecords["source"];
  readonly message: string;
}

/** Collects the facts of an object. */
export function collectFacts(object: BpfObject, records: RecordReport): ObjectFacts {
  return {
    byteOrder: object.littleEndian ? "little-endian" : "big-endian",
    license: object.license,
    programs: object.programs.map((program) => programFacts(object, program)),
    maps: object.maps.filter(({ data }) => data === undefined).map((map) => mapFacts(map, records)),
    globals: object.maps.flatMap(({ data }) => (data === undefined ? [] : [globalsFacts(data, records)])),
    relocations: countRelocations(object),
    externs: object.externs.map(({ name, kind, weak }) => ({ name, kind, weak })),
    records: records.maps.map(({ map, candidates, source, message }) => ({
      map,
      types: candidates.map((id) => ({ name: cTypeName(records.types, id), size: sizeOf(records.types, id) ?? 0 })),
      foundBy: source,
      message,
    })),
  };
}

function programFacts(object: BpfObject, program: BpfProgram): ProgramFacts {
  const { insns } = linkProgram(object, program, (code) => code.insns);
  const { name, section, def, autoload } = program;
  return { name, section, type: def?.typeName, instructions: insns.length, autoload };
}

function mapFacts(map: MapDef, { types }: RecordReport): MapFacts {
  const { name, type, keyTypeId, keySize, valueSize, maxEntries } = map;
  const valueTypeId = map.structOps?.typeId ?? map.valueTypeId;
  return {
    name,
    kind: mapTypes[type] ?? `type ${type}`,
    key: keyTypeId === 0 ? undefined : cTypeName(types, keyTypeId),
    keySize,
    value: valueTypeId === 0 ? undefined : cTypeName(types, valueTypeId),
    valueSize,
    maxEntries,
  };
}

function globalsFacts({ section, contents, variables }: DataSection, { types }: RecordReport): GlobalsFacts {
  return {
    section,
    size: contents.length,
    variables: variables
      .filter(({ exported }) => exported)
      .map(({ name, offset, size, typeId }) => ({ declaration: cDeclaration(types, typeId, name), offset, size })),
  };
}

function countRelocations({ ext }: BpfObject): Record<string, number> {
  const counts = new Map<string, number>();
  const kinds = ext?.coreRelocations.flatMap(({ records }) => records.map(({ kind }) => kind)) ?? [];
  for (const kind of kinds.sort((a, b) => a - b)) {
    const name = relocationKinds[kind] ?? `kind ${kind}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}
