import { mapTypes, type MapTypeName } from "../object/bpf-enums.ts";
import type { MapDef } from "../object/model.ts";
import type { RecordReport } from "../object/record-info.ts";
import type { BuildContext } from "./build-context.ts";
import { buildRecord } from "./build-records.ts";
import { cTypeOrSize, docComment } from "./docs.ts";
import type { MapModel } from "./model.ts";
import { code, commentText, literalKey, literalSuffix, pascalCase, quote, typeKey } from "./names.ts";
import { cTypeName } from "../btf/c-declaration.ts";
import { typeText } from "./types/print.ts";
import { fieldsOf, sizeOfShape, type Shape } from "./types/shape.ts";

/** The maps of `.maps`; data sections are globals. */
export function buildMaps(context: BuildContext, maps: readonly MapDef[], records: RecordReport): MapModel[] {
  return maps.map((map) => {
    const doc = mapDoc(context, map, records);
    const { spec, ...rest } = classOf(context, map, records);
    const names = { key: typeKey(map.name), literalKey: literalKey(map.name) };
    return { doc, ...names, ...rest, spec: spec + literalSuffix(map.name) };
  });
}

type MapClass = Pick<MapModel, "type" | "classes" | "spec">;

function classOf(context: BuildContext, map: MapDef, records: RecordReport): MapClass {
  const kind = kindOf(map);
  switch (kind) {
    case "ringbuf":
      return buffer(context, map, records, "ringbuf", "RingBuffer");
    case "perf_event_array":
      return buffer(context, map, records, "perf_event_array", "PerfEventArray");
    case "user_ringbuf":
      return userRing(context, map, records);
    case "hash":
    case "lru_hash":
    case "rhash":
      return keyed(context, map, "hash", "HashMap");
    case "percpu_hash":
    case "lru_percpu_hash":
      return keyed(context, map, "percpu_hash", "PerCpuHashMap");
    case "array":
    case "percpu_array":
    case "queue":
    case "stack":
    case "bloom_filter":
    case "task_storage":
    case "sk_storage":
    case "inode_storage":
    case "cgrp_storage":
      return withValues(context, map, kind, classesWithValues[kind]);
    case "lpm_trie":
      return trie(context, map);
    case "array_of_maps":
    case "hash_of_maps":
      return mapOfMaps(context, map, records);
    case "sockhash":
      return sockHash(context, map);
    case "prog_array":
    case "cgroup_array":
    case "sockmap":
    case "reuseport_sockarray":
    case "xskmap":
    case "devmap":
    case "devmap_hash":
    case "cpumap":
    case "stack_trace":
    case "struct_ops":
      return { type: plainClasses[kind], classes: [plainClasses[kind]], spec: `{ type: ${quote(kind)} }` };
    default:
      return otherMap;
  }
}

const otherMap: MapClass = { type: "BpfMap", classes: ["BpfMap"], spec: `{ type: "other" }` };

/** The classes of maps whose values are typed, and whose keys the class knows. */
const classesWithValues = {
  array: "ArrayMap",
  percpu_array: "PerCpuArrayMap",
  queue: "QueueMap",
  stack: "StackMap",
  bloom_filter: "BloomFilterMap",
  task_storage: "TaskStorage",
  sk_storage: "SocketStorage",
  inode_storage: "InodeStorage",
  cgrp_storage: "CgroupStorage",
} as const;

/** The classes of maps that know their keys and values themselves. */
const plainClasses = {
  prog_array: "ProgramArray",
  cgroup_array: "CgroupArray",
  sockmap: "SockMap",
  reuseport_sockarray: "ReuseportSockArray",
  xskmap: "XskMap",
  devmap: "DevMap",
  devmap_hash: "DevHashMap",
  cpumap: "CpuMap",
  stack_trace: "StackTraceMap",
  struct_ops: "StructOpsMap",
} as const;

function buffer(context: BuildContext, map: MapDef, records: RecordReport, spec: string, type: string): MapClass {
  const found = records.maps.find((one) => one.map === map.name);
  const record = buildRecord(
    context,
    found ?? { map: map.name, candidates: [], source: "none", sizes: [], message: "" },
  );
  return {
    type: `${type}<${record.type}>`,
    classes: [type],
    spec: `{ type: ${quote(spec)}, record: ${record.codec} }`,
  };
}

/** A sample is of one struct, known before it is written, or bytes. */
function userRing(context: BuildContext, map: MapDef, report: RecordReport): MapClass {
  const decided = report.maps.filter(({ candidates }) => candidates.length === 1);
  return buffer(context, map, { ...report, maps: decided }, "user_ringbuf", "UserRingBuffer");
}

function keyed(context: BuildContext, map: MapDef, spec: string, type: string): MapClass {
  const key = keyShape(context, map);
  const value = valueShape(context, map);
  return {
    type: `${type}<${typeText(key)}, ${typeText(value)}>`,
    classes: [type],
    spec: `{ type: ${quote(spec)}, key: ${context.codecs.codecOf(key)}, value: ${context.codecs.codecOf(value)} }`,
  };
}

function withValues(context: BuildContext, map: MapDef, spec: string, type: string): MapClass {
  const value = valueShape(context, map);
  return {
    type: `${type}<${typeText(value)}>`,
    classes: [type],
    spec: `{ type: ${quote(spec)}, value: ${context.codecs.codecOf(value)} }`,
  };
}

function trie(context: BuildContext, map: MapDef): MapClass {
  const key = keyShape(context, map);
  const value = valueShape(context, map);
  const addresses = isPrefixOfAddress(key);
  const keyType = addresses ? `string | ${typeText(key)}` : typeText(key);
  const codecs = `key: ${context.codecs.codecOf(key)}, value: ${context.codecs.codecOf(value)}`;
  return {
    type: `LpmTrieMap<${keyType}, ${typeText(value)}${addresses ? ", string" : ""}>`,
    classes: ["LpmTrieMap"],
    spec: `{ type: "lpm_trie", ${codecs}, addresses: ${addresses} }`,
  };
}

/** `struct { u32 prefixlen; … }` with one member behind it that is as long as an IPv4 or IPv6 address. */
function isPrefixOfAddress(key: Shape): boolean {
  if (key.kind !== "record") return false;
  const fields = fieldsOf(key.declaration).filter(({ shape }) => sizeOfShape(shape) > 0);
  const [length, address, ...more] = fields;
  if (length === undefined || address === undefined || more.length > 0) return false;
  if (length.offset !== 0 || sizeOfShape(length.shape) !== 4 || address.offset !== 4) return false;
  const size = sizeOfShape(address.shape);
  return (size === 4 || size === 16) && key.declaration.size === 4 + size;
}

function mapOfMaps(context: BuildContext, map: MapDef, records: RecordReport): MapClass {
  const inner = map.inner === undefined ? otherMap : classOf(context, map.inner, records);
  if (kindOf(map) === "array_of_maps")
    return {
      type: `ArrayOfMaps<${inner.type}>`,
      classes: ["ArrayOfMaps", ...inner.classes],
      spec: `{ type: "array_of_maps", inner: ${inner.spec} }`,
    };
  const key = keyShape(context, map);
  return {
    type: `HashOfMaps<${typeText(key)}, ${inner.type}>`,
    classes: ["HashOfMaps", ...inner.classes],
    spec: `{ type: "hash_of_maps", key: ${context.codecs.codecOf(key)}, inner: ${inner.spec} }`,
  };
}

function sockHash(context: BuildContext, map: MapDef): MapClass {
  const key = keyShape(context, map);
  return {
    type: `SockHash<${typeText(key)}>`,
    classes: ["SockHash"],
    spec: `{ type: "sockhash", key: ${context.codecs.codecOf(key)} }`,
  };
}

function keyShape(context: BuildContext, { name, keyTypeId, keySize }: MapDef): Shape {
  const shape = shapeOrBytes(context, keyTypeId, keySize, `${pascalCase(name)}Key`);
  context.use(shape, `Key of the map ${code(name)}.`);
  return shape;
}

function valueShape(context: BuildContext, { name, valueTypeId, valueSize }: MapDef): Shape {
  const shape = shapeOrBytes(context, valueTypeId, valueSize, `${pascalCase(name)}Value`);
  context.use(shape, `Value of the map ${code(name)}.`);
  return shape;
}

function shapeOrBytes({ lowering }: BuildContext, typeId: number, size: number, hint: string): Shape {
  const shape = typeId === 0 ? undefined : lowering.shapeOf(typeId, hint);
  return shape !== undefined && sizeOfShape(shape) === size ? shape : { kind: "bytes", size };
}

function mapDoc({ types }: BuildContext, map: MapDef, records: RecordReport): string {
  const kind = `BPF_MAP_TYPE_${kindOf(map).toUpperCase()}`;
  const record = records.maps.find((one) => one.map === map.name);
  if (record !== undefined) {
    const room = kindOf(map).endsWith("ringbuf") ? ` of ${map.maxEntries} bytes` : "";
    return docComment(`${code(kind)}${room}. ${commentText(record.message)}`.trimEnd());
  }
  if (map.structOps !== undefined) {
    const name = code(cTypeName(types, map.structOps.typeId));
    return docComment(`${code(kind)}: ${name} in section ${code(map.structOps.section)}`);
  }
  const sides = [
    map.keySize === 0 ? undefined : cTypeOrSize(types, map.keyTypeId, map.keySize),
    map.valueSize === 0 ? undefined : cTypeOrSize(types, map.valueTypeId, map.valueSize),
  ].filter((text) => text !== undefined);
  const content = sides.length === 0 ? "" : `: ${sides.join(" to ")}`;
  return docComment(`${code(kind)} of ${map.maxEntries === 1 ? "1 entry" : `${map.maxEntries} entries`}${content}`);
}

function kindOf({ type }: MapDef): MapTypeName {
  return mapTypes[type] ?? "unspec";
}
