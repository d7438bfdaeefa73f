import { mapTypes, type MapTypeName } from "../object/bpf-enums.ts";
import type { BpfObject, DataSection, MapDef } from "../object/model.ts";
import { CoreGenError } from "../errors.ts";
import { structOpsProblems } from "./check-struct-ops-spec.ts";
import type { GlobalsSpec, MapSpec, SkeletonSpec } from "./spec.ts";

/** Which kinds of map each class of a skeleton stands for. */
const kindsByClass: Readonly<Record<Exclude<MapSpec["type"], "other">, readonly MapTypeName[]>> = {
  // The other one where a kernel has no ring buffers, and the program can do with it.
  ringbuf: ["ringbuf", "perf_event_array"],
  perf_event_array: ["perf_event_array"],
  user_ringbuf: ["user_ringbuf"],
  hash: ["hash", "lru_hash", "rhash"],
  percpu_hash: ["percpu_hash", "lru_percpu_hash"],
  array: ["array"],
  percpu_array: ["percpu_array"],
  queue: ["queue"],
  stack: ["stack"],
  bloom_filter: ["bloom_filter"],
  lpm_trie: ["lpm_trie"],
  array_of_maps: ["array_of_maps"],
  hash_of_maps: ["hash_of_maps"],
  task_storage: ["task_storage"],
  sk_storage: ["sk_storage"],
  inode_storage: ["inode_storage"],
  cgrp_storage: ["cgrp_storage"],
  prog_array: ["prog_array"],
  cgroup_array: ["cgroup_array"],
  sockmap: ["sockmap"],
  sockhash: ["sockhash"],
  reuseport_sockarray: ["reuseport_sockarray"],
  xskmap: ["xskmap"],
  devmap: ["devmap"],
  devmap_hash: ["devmap_hash"],
  cpumap: ["cpumap"],
  stack_trace: ["stack_trace"],
  struct_ops: ["struct_ops"],
};

/**
 * Checks that a skeleton was generated from this object: a reader that is off by a few bytes would return nonsense
 * without an error. The object may have more than the skeleton knows. Throws a `CoreGenError` with code `bad-input`.
 */
export function checkSpec(spec: SkeletonSpec, object: BpfObject): void {
  const problems = [
    ...mapProblems(spec, object),
    ...programProblems(spec, object),
    ...globalsProblems(spec, object),
    ...structOpsProblems(spec, object),
  ];
  const [first] = problems;
  if (first === undefined) return;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  throw new CoreGenError(
    "bad-input",
    `opening ${spec.name}: the object is not the one that the skeleton was generated from: ${first}${more}`,
    {
      hints: ["Regenerate the skeleton from this object: core-gen skel FILE."],
    },
  );
}

/** The kinds of map that a map's class can stand for; undefined for all. */
export function kindsOf({ type }: MapSpec): readonly MapTypeName[] | undefined {
  return type === "other" ? undefined : kindsByClass[type];
}

/** The name of `BPF_MAP_TYPE_*`. */
export function mapKind(type: number): MapTypeName {
  return mapTypes[type] ?? "unspec";
}

function* mapProblems(spec: SkeletonSpec, object: BpfObject): Generator<string> {
  for (const [name, map] of Object.entries(spec.maps)) {
    const def = object.maps.find((one) => one.name === name && one.data === undefined);
    if (def === undefined) yield `it has no map "${name}"`;
    else yield* mapProblem(map, def);
  }
}

function* mapProblem(spec: MapSpec, def: MapDef): Generator<string> {
  if (spec.type === "other") return;
  const kind = mapKind(def.type);
  if (kindsOf(spec)?.includes(kind) === false) {
    yield `its map "${def.name}" is of kind ${kind}, not ${spec.type}`;
    return;
  }
  if ("inner" in spec && def.inner !== undefined) yield* mapProblem(spec.inner, def.inner);
  if ("key" in spec && spec.key.size !== def.keySize)
    yield `keys of its map "${def.name}" have ${def.keySize} bytes, not ${spec.key.size}`;
  if ("value" in spec && spec.value.size !== def.valueSize)
    yield `values of its map "${def.name}" have ${def.valueSize} bytes, not ${spec.value.size}`;
}

function* programProblems(spec: SkeletonSpec, object: BpfObject): Generator<string> {
  for (const name of spec.progs)
    if (!object.programs.some((program) => program.name === name)) yield `it has no program "${name}"`;
}

function* globalsProblems(spec: SkeletonSpec, object: BpfObject): Generator<string> {
  for (const globals of Object.values(spec.globals)) {
    const data = dataSections(object).find(({ section }) => section === globals.section);
    if (data === undefined) yield `it has no section ${globals.section}`;
    else if (data.contents.length !== globals.size)
      yield `its section ${globals.section} has ${data.contents.length} bytes, not ${globals.size}`;
    else yield* variableProblems(globals, data);
  }
}

/** The sections of global data, that of `__arena` variables included. */
export function dataSections(object: BpfObject): DataSection[] {
  return object.maps.flatMap(({ data, arenaData }) => data ?? arenaData ?? []);
}

function* variableProblems(globals: GlobalsSpec, data: DataSection): Generator<string> {
  for (const [name, [offset, codec]] of Object.entries(globals.fields)) {
    const variable = data.variables.find((one) => one.name === name);
    if (variable === undefined) yield `its section ${data.section} has no variable "${name}"`;
    else if (variable.offset !== offset)
      yield `its variable "${name}" is at byte ${variable.offset} of ${data.section}, not at ${offset}`;
    // A variable with a flexible array is larger than its type.
    else if (codec.size > variable.size) yield `its variable "${name}" has ${variable.size} bytes, not ${codec.size}`;
  }
}
