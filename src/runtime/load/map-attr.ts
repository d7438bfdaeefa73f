import type { MapParams } from "../../object/map-params.ts";
import { hasFeature } from "../kernel/features.ts";
import { Attr, BPF_F_TOKEN_FD } from "../sys/bpf.ts";

/** What a map refers to when it is created. */
export interface MapReferences {
  /** The object's types; the map gets none when this is left out. */
  readonly btf?: number | undefined;
  /** The template of a map of maps. */
  readonly innerMap?: number | undefined;
  readonly ifindex?: number;
  /** The BPF token that gives the privilege to make it. */
  readonly token?: number | undefined;
}

/** Up to `map_extra`, and with a token up to `map_token_fd`: old kernels refuse bytes that they don't know. */
const SIZE = 72;
const SIZE_WITH_TOKEN = 80;

/** The attributes of BPF_MAP_CREATE. */
export function encodeMap(params: MapParams, references: MapReferences): Attr {
  const { btf, innerMap, ifindex = 0, token } = references;
  const attr = new Attr(token === undefined ? SIZE : SIZE_WITH_TOKEN)
    .u32(0, params.def.type)
    .u32(4, params.keySize)
    .u32(8, params.valueSize)
    .u32(12, params.maxEntries)
    .u32(16, token === undefined ? params.flags : params.flags | BPF_F_TOKEN_FD)
    .u32(20, innerMap ?? 0)
    .u32(24, params.numaNode)
    .u32(44, ifindex)
    .u64(64, params.mapExtra);
  if (hasFeature("prog-name")) attr.name(28, params.name);
  if (btf !== undefined) attr.u32(48, btf).u32(52, params.keyTypeId).u32(56, params.valueTypeId);
  if (token !== undefined) attr.u32(76, token);
  return attr;
}
