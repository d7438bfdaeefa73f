import { mapTypes, type MapTypeName } from "../object/bpf-enums.ts";
import type { MapDef } from "../object/model.ts";
import type { RecordReport } from "../object/record-info.ts";
import type { BuildContext } from "./build-context.ts";
import { buildRecord } from "./build-records.ts";
import { cTypeOrSize, docComment } from "./docs.ts";
import type { MapModel } from "./model.ts";
import { code, commentText, literalKey, pascalCase, quote, typeKey } from "./names.ts";
import { cTypeName } from "../btf/c-declaration.ts";
import { typeText } from "./types/print.ts";
import { sizeOfShape, type Shape } from "./types/shape.ts";

/** The maps of `.maps`; data sections are globals. */
export function buildMaps(context: BuildContext, maps: readonly MapDef[], records: RecordReport): MapModel[] {
  return maps.map((map) => {
    const { type, spec } = classOf(context, map, records);
    return { doc: mapDoc(context, map, records), key: typeKey(map.name), literalKey: literalKey(map.name), type, spec };
  });
}

interface MapClass {
  readonly type: string;
  readonly spec: string;
}

function classOf(context: BuildContext, map: MapDef, records: RecordReport): MapClass {
  switch (kindOf(map)) {
    case "ringbuf":
      return buffer(context, map, records, "ringbuf", "RingBuffer");
    case "perf_event_array":
      return buffer(context, map, records, "perf_event_array", "PerfEventArray");
    case "hash":
    case "lru_hash":
    case "rhash":
      return keyed(context, map, "hash", "HashMap");
    case "percpu_hash":
    case "lru_percpu_hash":
      return keyed(context, map, "percpu_hash", "PerCpuHashMap");
    case "array":
      return indexed(context, map, "array", "ArrayMap");
    case "percpu_array":
      return indexed(context, map, "percpu_array", "PerCpuArrayMap");
    case "struct_ops":
      return { type: "StructOpsMap", spec: `{ type: "struct_ops" }` };
    default:
      return { type: "BpfMap", spec: `{ type: "other" }` };
  }
}

function buffer(context: BuildContext, map: MapDef, records: RecordReport, spec: string, type: string): MapClass {
  const found = records.maps.find((one) => one.map === map.name);
  const record = buildRecord(
    context,
    found ?? { map: map.name, candidates: [], source: "none", sizes: [], message: "" },
  );
  return { type: `${type}<${record.type}>`, spec: `{ type: ${quote(spec)}, record: ${record.codec} }` };
}

function keyed(context: BuildContext, map: MapDef, spec: string, type: string): MapClass {
  const key = keyShape(context, map);
  const value = valueShape(context, map);
  return {
    type: `${type}<${typeText(key)}, ${typeText(value)}>`,
    spec: `{ type: ${quote(spec)}, key: ${context.codecs.codecOf(key)}, value: ${context.codecs.codecOf(value)} }`,
  };
}

function indexed(context: BuildContext, map: MapDef, spec: string, type: string): MapClass {
  const value = valueShape(context, map);
  return {
    type: `${type}<${typeText(value)}>`,
    spec: `{ type: ${quote(spec)}, value: ${context.codecs.codecOf(value)} }`,
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
    const room = kindOf(map) === "ringbuf" ? ` of ${map.maxEntries} bytes` : "";
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
