import type { Btf } from "../btf.ts";
import { ByteWriter } from "../bytes.ts";
import { readBtfHeader, refuseUnknownFields } from "../header.ts";
import { readLayouts } from "../layout.ts";
import { mostStrings, StringWriter } from "../strings.ts";
import { writeSections } from "../write.ts";
import { resolveDeclarations } from "./declarations.ts";
import { Mapping } from "./mapping.ts";
import { hashOfEnum, mergePrimitives } from "./primitives.ts";
import { RawTypes } from "./raw-types.ts";
import { mergeReferenceTypes } from "./reference-types.ts";
import { hashOf, hashOfShape } from "./sameness.ts";
import { mergeStructs } from "./structs.ts";

/** BTF in which every type is there once. */
export interface Deduplicated {
  /** Raw BTF, in the byte order of the original, and on the same base. */
  readonly bytes: Uint8Array;
  /** The new id of every old one, void's and the base's included, which stay what they are. */
  readonly newIds: Uint32Array;
}

/**
 * Merges types that are the same: those of several objects that were put into one BTF, or of split BTF with its base's.
 * Declarations become the structs that they declare, strings are there once, and those that nothing uses are left out.
 *
 * libbpf's algorithm (`btf__dedup`), to the same bytes; variables and sections are never merged, as there. Throws a `CoreGenError`:
 * `bad-btf` when types refer to what isn't there, or in a circle without a struct or typedef in it; `unsupported` for
 * kinds and headers that are newer than we are.
 *
 * @example
 * import { Btf, BtfBuilder, deduplicate } from "core-gen/btf";
 *
 * const b = new BtfBuilder();
 * const int = b.int("int", 4, { signed: true });
 * b.pointer(int);
 * b.pointer(b.int("int", 4, { signed: true }));
 * const { bytes, newIds } = deduplicate(Btf.parse(b.build()));
 * console.log(Btf.parse(bytes).typeCount - 1, [...newIds]); // 2 [ 0, 1, 2, 1, 2 ]
 */
export function deduplicate(btf: Btf): Deduplicated {
  const header = readBtfHeader(btf.bytes, btf.what);
  refuseUnknownFields(btf.bytes, header, btf.what);
  const types = new RawTypes(btf);
  const strings = mergeStrings(btf, types);
  const mapping = new Mapping(types);
  addBase(mapping);
  mergePrimitives(mapping);
  mergeStructs(mapping);
  resolveDeclarations(mapping);
  mergeReferenceTypes(mapping);
  const newIds = compactIds(mapping);
  const { littleEndian } = btf;
  const layouts = readLayouts(btf.bytes.subarray(header.layoutStart, header.layoutEnd), littleEndian);
  const body = writeTypes(mapping, newIds, littleEndian);
  return {
    bytes: writeSections({ littleEndian, types: body, strings, layouts, headerLength: header.length }),
    newIds,
  };
}

/** Gives all names offsets in a new string section (libbpf: `btf_dedup_strings`). */
function mergeStrings(btf: Btf, types: RawTypes): Uint8Array {
  const all = btf.strings;
  const baseLength = btf.base?.stringsLength ?? 0;
  const strings = new StringWriter({ base: btf.base, most: mostStrings(all.length) });
  const known = new Map<number, number>();
  for (let id = types.firstId; id < types.typeCount; id++) {
    for (const place of types.places(id, "name")) {
      const old = types.words[place] ?? 0;
      if (old < baseLength || old === 0) continue;
      let offset = known.get(old);
      if (offset === undefined) known.set(old, (offset = strings.offsetOfBytes(nameAt(types, all, old))));
      types.words[place] = offset;
    }
  }
  return strings.finish();
}

function nameAt(types: RawTypes, strings: Uint8Array, offset: number): Uint8Array {
  const end = strings.indexOf(0, offset);
  if (end < 0) types.fail(`there is no string at offset ${offset} of the strings`);
  return strings.subarray(offset, end);
}

/** The base's types stand for themselves, and can stand for others (libbpf: `btf_dedup_prep`). */
function addBase({ types, candidates }: Mapping): void {
  for (let id = 1; id < types.firstId; id++) {
    switch (types.kind(id)) {
      case "var":
      case "datasec":
        break;
      case "enum":
      case "enum64":
        candidates.add(hashOfEnum(types.name(id)), id);
        break;
      case "struct":
      case "union":
      case "typedef":
        candidates.add(hashOfShape(types, id), id);
        break;
      default:
        candidates.add(hashOf(types, id), id);
        break;
    }
  }
}

/** New ids for those that stand for themselves, without gaps; all others get that of what stands for them. */
function compactIds(mapping: Mapping): Uint32Array {
  const { firstId, typeCount } = mapping.types;
  const newIds = Uint32Array.from({ length: typeCount }, (_, id) => id);
  let next = firstId;
  for (let id = firstId; id < typeCount; id++) if (mapping.isCanonical(id)) newIds[id] = next++;
  for (let id = firstId; id < typeCount; id++) {
    const representative = mapping.resolve(id);
    if (representative !== id) newIds[id] = newIds[representative] ?? 0;
  }
  return newIds;
}

function writeTypes(mapping: Mapping, newIds: Uint32Array, littleEndian: boolean): Uint8Array {
  const { types } = mapping;
  const out = new ByteWriter(littleEndian);
  for (let id = types.firstId; id < types.typeCount; id++) {
    if (!mapping.isCanonical(id)) continue;
    for (const place of types.places(id, "type")) types.words[place] = newIds[types.words[place] ?? 0] ?? 0;
    for (let at = types.at(id); at < types.end(id); at++) out.u32(types.words[at] ?? 0);
  }
  return out.finish();
}
