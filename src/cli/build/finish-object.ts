import { Btf } from "../../btf/btf.ts";
import { encodeLike } from "../../btf/encode.ts";
import { ownTypes } from "../../btf/opaque.ts";
import { mapReferences, referencesOf } from "../../btf/references.ts";
import type { BtfType, TypeTable } from "../../btf/types.ts";
import { stripDebugInfo } from "../../generator/strip-object.ts";
import type { BpfObject } from "../../object/model.ts";
import { openObject } from "../../object/open.ts";
import type { MapRecords, NamedRecords, RecordReport } from "../../object/record-info.ts";
import { findRecords } from "../../object/records.ts";

/**
 * What clang wrote, made small for good: without its debug info, which is most of it. Clang leaves a struct that only
 * lives in a function out of BTF, so what the debug info says of the records of buffers is moved there first: the
 * structs, and on each map the tag that names its struct. Whoever reads the object later finds what is found now.
 *
 * Throws a `CoreGenError` for bytes that are no BPF object, and for a name in `flags` that names nothing.
 */
export function finishObject(what: string, bytes: Uint8Array, flags: ReadonlyMap<string, NamedRecords>): Uint8Array {
  const object = openObject(bytes, { what });
  const report = findRecords(object, { flags });
  const section = object.elf.sections.find(({ name }) => name === ".BTF");
  if (section === undefined) return stripDebugInfo(object.elf); // the generator says what is missing
  const untagged = report.maps.filter(({ source }) => source === "code" || source === "flag");
  if (untagged.length === 0) return stripDebugInfo(object.elf);
  if (!untagged.every((records) => canBeTagged(records, report.types))) return bytes;
  const tagged = withRecordTags(Btf.parse(section.data, { what }), object, report.types, untagged);
  const finished = stripDebugInfo(object.elf, new Map([[".BTF", tagged]]));
  return areSameRecords(report, findRecords(openObject(finished, { what }))) ? finished : bytes;
}

/** Whether a tag can say what was found: one struct, by its name. What is undecided stays to be decided, with all there is to see. */
function canBeTagged({ candidates }: MapRecords, types: TypeTable): boolean {
  const [only] = candidates;
  return only === undefined || (candidates.length === 1 && types.type(only).name !== "");
}

/** The object's own types with the records behind them, and for each a tag that `findRecords` reads. */
function withRecordTags(btf: Btf, { maps }: BpfObject, types: TypeTable, untagged: readonly MapRecords[]): Uint8Array {
  const added = new AddedTypes(types, btf.typeCount);
  for (const { map, candidates } of untagged) {
    const variable = maps.find(({ name }) => name === map)?.varTypeId ?? 0;
    if (variable === 0) continue; // a map of the old kind, without types
    for (const id of candidates) {
      const name = `core-gen:record=${types.type(id).name}`;
      added.copy(id);
      added.push({ kind: "decl_tag", name, type: variable, componentIdx: -1 });
    }
  }
  return encodeLike(btf, [...ownTypes(btf), ...added.types()]);
}

/** Types of a table that go on behind an object's own, with all that they refer to and the tags that are on them. */
class AddedTypes {
  readonly #table: TypeTable;
  readonly #firstId: number;
  readonly #types: BtfType[] = [];
  readonly #newIds = new Map<number, number>();
  /** Ids of decl tags by the type that they are on. */
  readonly #tags = new Map<number, number[]>();

  constructor(table: TypeTable, firstId: number) {
    this.#table = table;
    this.#firstId = firstId;
    for (let id = firstId; id < table.typeCount; id++) {
      const type = table.type(id);
      if (type.kind === "decl_tag") this.#tags.set(type.type, [...(this.#tags.get(type.type) ?? []), id]);
    }
  }

  push(type: BtfType): number {
    this.#types.push(type);
    return this.#firstId + this.#types.length - 1;
  }

  /** A type may lead back to itself, so each gets its new id before its references are followed. */
  copy(id: number): void {
    if (id < this.#firstId || this.#newIds.has(id)) return;
    const type = this.#table.type(id);
    this.#newIds.set(id, this.push(type));
    for (const reference of referencesOf(type)) this.copy(reference);
    for (const tag of this.#tags.get(id) ?? []) this.copy(tag);
  }

  types(): BtfType[] {
    return this.#types.map((type) => mapReferences(type, (id) => this.#newIds.get(id) ?? id));
  }
}

function areSameRecords(before: RecordReport, after: RecordReport): boolean {
  return JSON.stringify(recordsOf(before)) === JSON.stringify(recordsOf(after));
}

function recordsOf({ types, maps }: RecordReport): unknown[] {
  return maps.map(({ candidates }) =>
    candidates.map((id) => {
      const type = types.type(id);
      return "members" in type
        ? [type.name, type.size, type.members.map(({ name, bitOffset }) => [name, bitOffset])]
        : type.name;
    }),
  );
}
