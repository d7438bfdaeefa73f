import { readlinkSync } from "node:fs";
import { mapTypes } from "../../object/bpf-enums.ts";
import type { MapParams } from "../../object/map-params.ts";
import { CoreGenError } from "../../errors.ts";
import { IncompatibleMapError, type MapDifference } from "../errors.ts";
import { Fd } from "../sys/fd.ts";
import { mapInfo, type MapInfo } from "../sys/map-info.ts";
import { openPinned } from "../sys/pin.ts";
import type { MapSource } from "./types.ts";

/** A map that was there before. */
export interface ReusedMap {
  readonly fd: Fd;
  readonly info: MapInfo;
}

/** Flag of maps that programs can only read. */
const BPF_F_RDONLY_PROG = 0x80;

/**
 * The map that is pinned at `path`, undefined when none is (libbpf: `bpf_object__reuse_map`).
 *
 * Throws an `IncompatibleMapError` for one that was not made as this one would be (libbpf: `map_is_reuse_compat`).
 */
export function reusePinned(path: string, what: string, params: MapParams): ReusedMap | undefined {
  const fd = openPinned(path, what);
  if (fd === undefined) return undefined;
  return closedOnError(fd, () => {
    const info = infoOf(fd, what);
    const differences = [...shapeDifferences(params, info), ...sizeDifferences(params, info)];
    if (differences.length > 0)
      throw new IncompatibleMapError({ what, where: `the map that is pinned at ${path}`, differences });
    return { fd, info };
  });
}

/**
 * The map that the user wants used (libbpf: `bpf_map__reuse_fd`). It may have another number of entries and other flags
 * than the object says; the kind of map and the sizes of keys and values must be the same, as readers rely on them.
 */
export function reuseGiven(source: MapSource, what: string, params: MapParams): ReusedMap {
  const fd = openSource(source, what);
  return closedOnError(fd, () => {
    const info = infoOf(fd, what);
    const differences = shapeDifferences(params, info);
    if (differences.length > 0) throw new IncompatibleMapError({ what, where: describeSource(source), differences });
    return { fd, info };
  });
}

/** A descriptor of its own for a map that exists. */
export function openSource(source: MapSource, what: string): Fd {
  if (typeof source === "number") return Fd.duplicate(source, what);
  if (typeof source !== "string") return Fd.duplicate(source.fd, what);
  const fd = openPinned(source, what);
  if (fd !== undefined) return fd;
  throw new CoreGenError("bad-input", `opening ${what}: nothing is pinned at ${source}`);
}

function describeSource(source: MapSource): string {
  if (typeof source === "string") return `the map that is pinned at ${source}`;
  if (typeof source === "number") return `the map behind the descriptor ${source}`;
  return `the map "${source.name}" that was given`;
}

function closedOnError<T>(fd: Fd, use: () => T): T {
  try {
    return use();
  } catch (error) {
    fd.close();
    throw error;
  }
}

/** The kernel answers for programs and links, too, in a form that would be taken for a map's. */
function infoOf(fd: Fd, what: string): MapInfo {
  const target = readlinkSync(`/proc/self/fd/${fd.number}`);
  if (target !== "anon_inode:bpf-map") {
    throw new CoreGenError("bad-input", `using something else as ${what}: it is no map (${target})`);
  }
  return mapInfo(fd);
}

function shapeDifferences({ def, keySize, valueSize }: MapParams, info: MapInfo): MapDifference[] {
  return differences([
    ["type", kindName(def.type), kindName(info.type)],
    ["key_size", keySize, info.keySize],
    ["value_size", valueSize, info.valueSize],
  ]);
}

function sizeDifferences(params: MapParams, info: MapInfo): MapDifference[] {
  return differences([
    ["max_entries", params.maxEntries, info.maxEntries],
    ["map_flags", hex(params.flags), hex(flagsOf(info))],
    ["map_extra", hex(params.mapExtra), hex(info.mapExtra)],
  ]);
}

/** The kernel always says of devmaps that programs can only read them. */
function flagsOf({ type, flags }: MapInfo): number {
  const kind = mapTypes[type];
  return kind === "devmap" || kind === "devmap_hash" ? flags & ~BPF_F_RDONLY_PROG : flags;
}

function differences(rows: readonly (readonly [string, string | number, string | number])[]): MapDifference[] {
  return rows
    .filter(([, wanted, found]) => wanted !== found)
    .map(([attribute, wanted, found]) => ({ attribute, wanted, found }));
}

function kindName(type: number): string {
  return mapTypes[type] ?? `kind ${type}`;
}

function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}
