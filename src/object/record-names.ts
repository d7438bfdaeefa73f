import type { Btf } from "../btf/btf.ts";
import { cTypeName } from "../btf/c-declaration.ts";
import { skipModifiers } from "../btf/resolve.ts";
import type { TypeTable } from "../btf/types.ts";
import { CoreGenError } from "../errors.ts";
import type { DebugInfo } from "./dwarf/debug-info.ts";
import { findEnumType, findRecordType, namedRecordTypes } from "./dwarf/named.ts";
import type { DwarfTypes } from "./dwarf/to-btf.ts";
import type { BpfObject } from "./model.ts";
import { nearestNames } from "./nearest.ts";
import { recordId } from "./record-candidates.ts";
import type { NamedRecords, TaggedRecords } from "./record-info.ts";
import { isBuffer } from "./sends.ts";

const TAG_PREFIX = "core-gen:record=";
const FEW = 12;
const NO_DEBUG_INFO =
  "It has no debug info (DWARF), where structs are that only functions use: compile with `clang -g`, and don't strip.";

/** Finds types by the names that people gave: on the command line, as a map's value type, as a decl tag. */
export class RecordNames {
  readonly #object: BpfObject;
  readonly #debug: () => DebugInfo | undefined;
  readonly #dwarfTypes: DwarfTypes;

  /** `debug` opens the debug info: only a name that is not in BTF needs it. */
  constructor(object: BpfObject, debug: () => DebugInfo | undefined, dwarfTypes: DwarfTypes) {
    this.#object = object;
    this.#debug = debug;
    this.#dwarfTypes = dwarfTypes;
  }

  /** The struct that the flag `where` names. Throws a `CoreGenError` with code `bad-input` when there is none. */
  ofFlag(where: string, struct: string): number {
    return this.#find(struct) ?? this.#noSuchStruct("bad-input", where, struct);
  }

  /** The structs that decl tags on a map's variable name. Throws a `CoreGenError` with code `bad-object` when one does not exist. */
  ofDeclTags(varTypeId: number): number[] {
    const { btf } = this.#object;
    if (btf === undefined || varTypeId === 0) return [];
    return declTags(btf, varTypeId)
      .filter((tag) => tag.startsWith(TAG_PREFIX))
      .map((tag) => {
        const struct = tag.slice(TAG_PREFIX.length);
        return this.#find(struct) ?? this.#noSuchStruct("bad-object", `the decl tag "${tag}"`, struct);
      });
  }

  /** The struct, union or enum that `--type name` names. Throws a `CoreGenError` with code `bad-input` when there is none. */
  ofTypeFlag(name: string): number {
    return this.#find(name) ?? this.#findEnum(name.trim().replace(/^enum\s+/u, "")) ?? this.#noSuchType(name);
  }

  #find(struct: string): number | undefined {
    const name = withoutKeyword(struct);
    const { types } = this.#dwarfTypes;
    for (const kind of ["struct", "union", "typedef"] as const) {
      const id = types.findInBase(name, kind);
      const record = id === undefined ? undefined : recordId(types, id);
      if (record !== undefined) return record;
    }
    const debug = this.#debug();
    const die = debug === undefined ? undefined : findRecordType(debug, name);
    return die === undefined ? undefined : recordId(types, this.#dwarfTypes.idOf(die));
  }

  #findEnum(name: string): number | undefined {
    const { types } = this.#dwarfTypes;
    for (const kind of ["enum", "enum64", "typedef"] as const) {
      const id = types.findInBase(name, kind);
      if (id !== undefined && isEnum(types, id)) return id;
    }
    const debug = this.#debug();
    const die = debug === undefined ? undefined : findEnumType(debug, name);
    return die === undefined ? undefined : this.#dwarfTypes.idOf(die);
  }

  #noSuchStruct(code: "bad-input" | "bad-object", where: string, struct: string): never {
    throw new CoreGenError(
      code,
      `${this.#object.elf.what}: ${where}: the object has no struct or union "${withoutKeyword(struct)}"`,
      { hints: this.#hintsFor(struct) },
    );
  }

  #noSuchType(text: string): never {
    const { types } = this.#dwarfTypes;
    const name = withoutKeyword(text);
    const typedef = types.findInBase(name, "typedef");
    if (typedef === undefined)
      throw new CoreGenError(
        "bad-input",
        `${this.#object.elf.what}: --type ${text}: the object has no struct, union or enum "${name}"`,
        { hints: this.#hintsFor(text) },
      );
    const { id } = skipModifiers(types, typedef);
    throw new CoreGenError(
      "bad-input",
      `${this.#object.elf.what}: --type ${text}: this is ${cTypeName(types, id)}, which TypeScript needs no declaration for`,
      { hints: ["Name a struct, a union or an enum."] },
    );
  }

  #hintsFor(text: string): string[] {
    const debug = this.#debug();
    if (debug === undefined) return [NO_DEBUG_INFO];
    return namesToTry(withoutKeyword(text), namesIn(this.#object.btf, debug));
  }
}

/** The names that may have been meant, or all when they are few. */
function namesToTry(struct: string, known: ReadonlySet<string>): string[] {
  const nearest = nearestNames(struct, known);
  if (nearest.length > 0) return [`Did you mean ${nearest.map((name) => `"${name}"`).join(" or ")}?`];
  return known.size > 0 && known.size <= FEW ? [`It has: ${[...known].join(", ")}.`] : [];
}

/** Checks that every map that `--record` names is one that carries records. Throws a `CoreGenError` with code `bad-input`. */
export function checkFlaggedMaps(object: BpfObject, flags: ReadonlyMap<string, NamedRecords>): void {
  const buffers = object.maps.filter(isBuffer).map(({ name }) => name);
  for (const [map, named] of flags) {
    if (buffers.includes(map)) continue;
    const exists = object.maps.some(({ name }) => name === map);
    const problem = exists
      ? `the map "${map}" is neither a ring buffer nor a perf event array`
      : `the object has no map "${map}"`;
    const list =
      buffers.length === 0 ? "It has no buffer that carries records." : `Its buffers: ${buffers.join(", ")}.`;
    throw new CoreGenError("bad-input", `${object.elf.what}: ${recordFlag(map, named)}: ${problem}`, { hints: [list] });
  }
}

/** The flag as it is written on the command line. */
export function recordFlag(map: string, named: NamedRecords): string {
  if (typeof named === "string") return `--record ${map}=${named}`;
  if (!isTagged(named)) return `--record ${map}=${named.join(",")}`;
  return `--record ${map}=${named.tag}:${[...named.structs].map((pair) => pair.join("=")).join(",")}`;
}

/** Whether a member tells the structs apart. */
export function isTagged(named: readonly string[] | TaggedRecords): named is TaggedRecords {
  return "tag" in named;
}

function withoutKeyword(struct: string): string {
  return struct.trim().replace(/^(?:struct|union)\s+/u, "");
}

function isEnum(types: TypeTable, id: number): boolean {
  const { kind } = skipModifiers(types, id).type;
  return kind === "enum" || kind === "enum64";
}

function declTags(btf: Btf, typeId: number): string[] {
  const tags: string[] = [];
  for (let id = btf.firstId; id < btf.typeCount; id++) {
    if (btf.kind(id) !== "decl_tag") continue;
    const tag = btf.type(id);
    if (tag.kind === "decl_tag" && tag.type === typeId && tag.componentIdx === -1) tags.push(tag.name);
  }
  return tags;
}

/** The names of all structs and unions, and of typedefs of such. */
function namesIn(btf: Btf | undefined, debug: DebugInfo): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { name } of namedRecordTypes(debug)) names.add(name);
  for (let id = btf?.firstId ?? 0; btf !== undefined && id < btf.typeCount; id++) {
    const kind = btf.kind(id);
    const canBeRecord = kind === "struct" || kind === "union" || kind === "typedef";
    if (canBeRecord && btf.name(id) !== "" && recordId(btf, id) !== undefined) names.add(btf.name(id));
  }
  return names;
}
