import { CoreGenError, isCoreGenError } from "../errors.ts";
import { mapTypes } from "./bpf-enums.ts";
import { DebugInfo, type NoDebugInfo } from "./dwarf/debug-info.ts";
import { LayeredTypes } from "./dwarf/layered-types.ts";
import { sameLayout } from "./dwarf/same-layout.ts";
import { DwarfTypes } from "./dwarf/to-btf.ts";
import type { BpfObject, MapDef } from "./model.ts";
import { CandidateFinder, recordId } from "./record-candidates.ts";
import type { MapRecords, NamedRecords, RecordReport } from "./record-info.ts";
import { recordMessage, type Evidence } from "./record-message.ts";
import { checkFlaggedMaps, isTagged, recordFlag, RecordNames } from "./record-names.ts";
import { VariantFinder } from "./record-variants.ts";
import { findSends, isBuffer, isUserRing, type Send, type Sends } from "./sends.ts";

/** How {@link findRecords} decides. */
export interface FindRecordsOptions {
  /** What `--record MAP=STRUCT` says, by the C name of a map. */
  readonly flags?: ReadonlyMap<string, NamedRecords>;
  /** C names of more types to look for: what `--type NAME` says. */
  readonly types?: readonly string[];
}

/**
 * Finds out which struct each ring buffer, perf event array and user ring buffer carries.
 *
 * In this order: `flags`; the map's value type; a `btf_decl_tag("core-gen:record=event")` on the map; the code that
 * sends records: the size it asks for, and the structs of that size among the variables there (DWARF), or behind the
 * pointer it sends. Throws a `CoreGenError`: `bad-input` for a flag that names what does not exist, `bad-object` for
 * such a decl tag, `bad-dwarf` for debug info that can't be read.
 *
 * @example
 * const report = findRecords(openObject(bytes));
 * for (const { map, candidates } of report.maps) console.log(map, candidates.map((id) => report.types.type(id).name));
 */
export function findRecords(object: BpfObject, options: FindRecordsOptions = {}): RecordReport {
  const { types = [] } = options;
  const flags = options.flags ?? new Map<string, NamedRecords>();
  checkFlaggedMaps(object, flags);
  const finder = new RecordFinder(object, flags);
  try {
    const maps = object.maps.flatMap((map, index) => (isBuffer(map) ? [finder.recordsOf(map, index)] : []));
    return { types: finder.types, maps, named: types.map((name) => finder.typeNamed(name)) };
  } catch (error) {
    throw isCoreGenError(error) && error.code === "bad-dwarf" ? withWayOut(error) : error;
  }
}

type Decision = Pick<Evidence, "candidates" | "source" | "unexplained"> & Pick<MapRecords, "variants">;

class RecordFinder {
  readonly types: LayeredTypes;
  readonly #object: BpfObject;
  readonly #flags: ReadonlyMap<string, NamedRecords>;
  readonly #dwarfTypes: DwarfTypes;
  readonly #names: RecordNames;
  #debug: DebugInfo | NoDebugInfo | undefined;
  #candidates: CandidateFinder | undefined;
  #sends: Sends | undefined;

  constructor(object: BpfObject, flags: ReadonlyMap<string, NamedRecords>) {
    this.#object = object;
    this.#flags = flags;
    this.types = new LayeredTypes(object.btf, object.littleEndian);
    this.#dwarfTypes = new DwarfTypes(this.types);
    this.#names = new RecordNames(object, () => this.#openDebug(), this.#dwarfTypes);
  }

  typeNamed(name: string): number {
    return this.#names.ofTypeFlag(name);
  }

  recordsOf(map: MapDef, index: number): MapRecords {
    this.#sends ??= findSends(this.#object);
    const sends = this.#sends.sends.filter((send) => send.map === index);
    const decision = this.#decide(map, sends);
    const { candidates, source, variants } = decision;
    const evidence: Evidence = {
      ...decision,
      map: map.name,
      sends,
      isDrained: isUserRing(map),
      hiddenSends: this.#sends.sends.some((send) => send.map === undefined),
      gaveUp: !this.#sends.complete,
      noDebugInfo: source === "none" ? this.#whyNoDebug() : undefined,
    };
    // What a program reads of a sample is no sign of how long it is.
    const sizes = isUserRing(map) ? [] : sizesOf(sends);
    const message = recordMessage(this.types, evidence);
    const found = { map: map.name, candidates, source, sizes, message };
    return variants === undefined ? found : { ...found, variants };
  }

  #decide(map: MapDef, sends: readonly Send[]): Decision {
    const flag = this.#flags.get(map.name);
    if (flag !== undefined) return this.#ofFlag(map, flag);
    const valueType = this.#valueType(map);
    if (valueType !== undefined) return named("value-type", [valueType]);
    const tagged = this.#names.ofDeclTags(map.varTypeId);
    if (tagged.length > 0) return named("decl-tag", this.#distinct(tagged));
    return this.#readOffCode(sends);
  }

  #ofFlag(map: MapDef, flag: NamedRecords): Decision {
    const where = `${this.#object.elf.what}: ${recordFlag(map.name, flag)}`;
    const find = (struct: string): number => this.#names.ofFlag(recordFlag(map.name, flag), struct);
    if (typeof flag === "string") return named("flag", [find(flag)]);
    const variants = new VariantFinder(this.types, where);
    if (isTagged(flag)) return { ...named("flag", []), ...variants.byTag(flag, find) };
    return { ...named("flag", []), ...variants.bySize(flag, find, mapTypes[map.type] === "perf_event_array") };
  }

  /** What `__type(value, …)` says. Of a perf event array it is u32 by custom, the type of its slots and of no record. */
  #valueType({ type, valueTypeId }: MapDef): number | undefined {
    const record = recordId(this.types, valueTypeId);
    if (record !== undefined || valueTypeId === 0 || mapTypes[type] === "perf_event_array") return record;
    return valueTypeId;
  }

  #readOffCode(sends: readonly Send[]): Decision {
    this.#candidates ??=
      sends.length === 0 ? undefined : new CandidateFinder(this.#object, this.#openDebug(), this.#dwarfTypes);
    const found: number[] = [];
    const unexplained: Send[] = [];
    let guessed = false;
    for (const send of sends) {
      const candidates = this.#candidates?.candidates(send) ?? { ids: [], guessed: false };
      if (candidates.ids.length === 0) unexplained.push(send);
      else guessed ||= candidates.guessed;
      found.push(...candidates.ids);
    }
    const source = found.length === 0 ? "none" : guessed ? "guess" : "code";
    return { candidates: this.#distinct(found), source, unexplained };
  }

  /** The same layout under two names is one record to whoever reads it. */
  #distinct(ids: readonly number[]): number[] {
    return ids.reduce<number[]>(
      (kept, id) => (kept.some((other) => other === id || sameLayout(this.types, other, id)) ? kept : [...kept, id]),
      [],
    );
  }

  #openDebug(): DebugInfo | undefined {
    this.#debug ??= DebugInfo.open(this.#object.elf);
    return this.#debug instanceof DebugInfo ? this.#debug : undefined;
  }

  #whyNoDebug(): string | undefined {
    this.#debug ??= DebugInfo.open(this.#object.elf);
    return this.#debug instanceof DebugInfo ? undefined : this.#debug.reason;
  }
}

/** A decision that somebody wrote down. */
function named(source: MapRecords["source"], candidates: readonly number[]): Decision {
  return { candidates, source, unexplained: [] };
}

function sizesOf(sends: readonly Send[]): (number | undefined)[] {
  return [...new Set(sends.map(({ size }) => size))];
}

function withWayOut(error: CoreGenError): CoreGenError {
  return new CoreGenError("bad-dwarf", error.message, {
    cause: error,
    hints: [
      ...error.hints,
      "The debug info is only read to find the structs of records. Without it (`llvm-strip -g`), give the maps a __type(value, struct …).",
    ],
  });
}
