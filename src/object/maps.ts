import type { Btf } from "../btf/btf.ts";
import { sizeOf, skipModifiers } from "../btf/resolve.ts";
import type { Member, StructType } from "../btf/types.ts";
import { CoreGenError } from "../errors.ts";
import { mapTypes } from "./bpf-enums.ts";
import type { Elf } from "./elf/elf.ts";
import type { MapDef } from "./model.ts";

/** A map and where relocations find it: the section's index and the offset in it. */
export interface MapPlace {
  readonly map: MapDef;
  readonly section: number;
  readonly offset: number;
  /** Of an arena: the index of the section with its variables. */
  readonly arenaSection?: number;
  /** Where its `values` are, in bytes of the section; undefined when it has none. */
  readonly values?: { readonly from: number; readonly to: number } | undefined;
}

/** The section of the maps that an object defines. */
export const MAPS = ".maps";

/** Reads the maps that an object defines in `.maps` (libbpf: `bpf_object__init_user_btf_maps`). */
export function readMaps(elf: Elf, btf: Btf | undefined): MapPlace[] {
  if (elf.section("maps") !== undefined) {
    throw new CoreGenError(
      "bad-object",
      `${elf.what}: its maps are of the old kind (struct bpf_map_def in section "maps")`,
      {
        hints: [
          'Define them with __uint() and __type() in SEC(".maps"): libbpf dropped the old kind in version 1.0, too.',
        ],
      },
    );
  }
  const section = elf.section(MAPS);
  if (section === undefined || section.size === 0) return [];
  const id = btf?.find(MAPS, "datasec");
  if (btf === undefined || id === undefined) {
    throw new CoreGenError("bad-object", `${elf.what}: it has maps, but no BTF that describes them`, {
      hints: ["Compile with `clang -g`."],
    });
  }
  const datasec = btf.type(id);
  if (datasec.kind !== "datasec") return [];
  return datasec.vars.map(({ type: id, offset, size }) => {
    const { name, what, type } = variableOf(elf, btf, id);
    const map = readDefinition({ btf, what, inner: false }, name, id, type);
    return { map, section: section.index, offset, values: valuesOf(type, offset, size) };
  });
}

function variableOf(elf: Elf, btf: Btf, varId: number): { name: string; what: string; type: StructType } {
  const variable = btf.type(varId);
  const what = `${elf.what}: the map ${variable.name}`;
  if (variable.kind !== "var")
    throw new CoreGenError("bad-btf", `${what} is of kind ${variable.kind} and not a variable`);
  if (variable.linkage !== "global")
    throw new CoreGenError("bad-object", `${what} is ${variable.linkage}, and only global maps can be loaded`);
  const { type } = skipModifiers(btf, variable.type);
  if (type.kind !== "struct")
    throw new CoreGenError("bad-object", `${what} is of kind ${type.kind}, a map is defined by a struct`);
  return { name: variable.name, what, type };
}

/** `values` stand at the end: an array without a size, which takes what an initialiser gives it. */
function valuesOf(struct: StructType, offset: number, size: number): MapPlace["values"] {
  const last = struct.members.at(-1);
  return last?.name === "values" ? { from: offset + last.bitOffset / 8, to: offset + size } : undefined;
}

interface Context {
  readonly btf: Btf;
  readonly what: string;
  /** Whether the map is the template of those in another one. */
  readonly inner: boolean;
}

/** A {@link MapDef} while its fields are read. */
type Draft = { -readonly [Field in keyof MapDef]: MapDef[Field] };

function readDefinition(context: Context, name: string, varTypeId: number, struct: StructType): MapDef {
  const draft: Draft = {
    name,
    type: 0,
    keySize: 0,
    valueSize: 0,
    maxEntries: 0,
    flags: 0,
    mapExtra: 0n,
    numaNode: undefined,
    pinning: 0,
    keyTypeId: 0,
    valueTypeId: 0,
    varTypeId,
    inner: undefined,
    slots: [],
    autocreate: true,
    data: undefined,
    arenaData: undefined,
  };
  const seen = new Set<string>();
  for (const member of struct.members) {
    if (seen.has(member.name)) throw problem(context, `has two fields "${member.name}"`);
    seen.add(member.name);
    readField(context, draft, member);
  }
  if (draft.type === 0) throw problem(context, "has no type: write __uint(type, BPF_MAP_TYPE_…)");
  return draft;
}

/** One field of a map's struct (libbpf: `parse_btf_map_def`). */
function readField(context: Context, draft: Draft, member: Member): void {
  switch (member.name) {
    case "type":
      draft.type = intOf(context, member);
      return;
    case "max_entries":
      draft.maxEntries = intOf(context, member);
      return;
    case "map_flags":
      draft.flags = intOf(context, member);
      return;
    case "numa_node":
      draft.numaNode = intOf(context, member);
      return;
    case "pinning":
      draft.pinning = pinningOf(context, member);
      return;
    case "map_extra":
      draft.mapExtra = longOf(context, member);
      return;
    case "key_size":
      draft.keySize = sameSize(context, "key", draft.keySize, intOf(context, member));
      return;
    case "value_size":
      draft.valueSize = sameSize(context, "value", draft.valueSize, intOf(context, member));
      return;
    case "key":
      draft.keyTypeId = pointee(context, member);
      draft.keySize = sameSize(context, "key", draft.keySize, typeSize(context, member, draft.keyTypeId));
      return;
    case "value":
      draft.valueTypeId = pointee(context, member);
      draft.valueSize = sameSize(context, "value", draft.valueSize, typeSize(context, member, draft.valueTypeId));
      return;
    case "values":
      readValues(context, draft, member);
      return;
    default:
      throw problem(
        context,
        member.name === "" ? "has a field without a name" : `has the unknown field "${member.name}"`,
      );
  }
}

/** `__uint(name, value)` is `int (*name)[value]`. */
function intOf(context: Context, member: Member): number {
  const { type } = skipModifiers(context.btf, pointee(context, member));
  if (type.kind !== "array") throw problem(context, `has a field "${member.name}" that was not written with __uint()`);
  return type.nelems;
}

const PIN_BY_NAME = 1;

function pinningOf(context: Context, member: Member): number {
  if (context.inner) throw problem(context, "can't be pinned, being inside another map");
  const pinning = intOf(context, member);
  if (pinning > PIN_BY_NAME) throw problem(context, `has the unknown pinning ${pinning}`);
  return pinning;
}

/** `__ulong(name, value)` is an enum with one value; `__uint()` is accepted, too. */
function longOf(context: Context, member: Member): bigint {
  const { type } = skipModifiers(context.btf, member.type);
  if (type.kind !== "enum" && type.kind !== "enum64") return BigInt(intOf(context, member));
  const [only, ...more] = type.values;
  if (only === undefined || more.length > 0)
    throw problem(context, `has a field "${member.name}" that was not written with __ulong()`);
  return BigInt.asUintN(64, BigInt(only.value));
}

/** `__type(name, T)` is `T *name`. */
function pointee(context: Context, member: Member): number {
  const { type } = skipModifiers(context.btf, member.type);
  if (type.kind !== "ptr")
    throw problem(context, `has a field "${member.name}" that is of kind ${type.kind} and not a pointer`);
  return type.type;
}

function typeSize(context: Context, member: Member, id: number): number {
  const size = sizeOf(context.btf, id);
  if (size === undefined) throw problem(context, `has a ${member.name} of a type without a size`);
  return size;
}

function sameSize(context: Context, what: string, before: number, size: number): number {
  if (before !== 0 && before !== size)
    throw problem(context, `says twice how large a ${what} is: ${before} and ${size} bytes`);
  return size;
}

/** `__array(values, …)`: the template of inner maps, or functions of a program array. */
function readValues(context: Context, draft: Draft, member: Member): void {
  if (context.inner) throw problem(context, "has maps of its own: maps of maps of maps do not exist");
  const { type: array } = skipModifiers(context.btf, member.type);
  if (array.kind !== "array") throw problem(context, `has "values" that are of kind ${array.kind} and not an array`);
  const { type: pointer } = skipModifiers(context.btf, array.type);
  if (pointer.kind !== "ptr") throw problem(context, `has "values" that are no pointers`);
  const { type: value } = skipModifiers(context.btf, pointer.type);
  const kind = mapTypes[draft.type];
  if (kind === "prog_array") {
    if (value.kind !== "func_proto") throw problem(context, `has "values" that are no functions`);
  } else if (kind === "array_of_maps" || kind === "hash_of_maps") {
    if (value.kind !== "struct") throw problem(context, `has "values" that are no maps`);
    const inner = `${context.what}.inner`;
    draft.inner = readDefinition({ btf: context.btf, what: inner, inner: true }, `${draft.name}.inner`, 0, value);
  } else {
    throw problem(context, `has "values", which only maps of maps and program arrays can have`);
  }
  draft.valueSize = sameSize(context, "value", draft.valueSize, 4);
}

function problem(context: Context, text: string): CoreGenError {
  return new CoreGenError("bad-object", `${context.what} ${text}`);
}
