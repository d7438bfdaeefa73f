import { inspect } from "node:util";
import { mapTypes, type MapTypeName } from "../object/bpf-enums.ts";
import type { MapDef } from "../object/model.ts";
import { mapKind } from "./check-spec.ts";
import { changed, pinByName } from "./load/plan-maps.ts";
import type { MapChanges, MapSource } from "./load/types.ts";
import type { OpenedUntypedMap, UntypedMapSettings } from "./shape.ts";
import { show } from "./value-checks.ts";

/** What {@link OpenedMapSettings} needs to know of the skeleton. */
export interface OpenedMapContext {
  /** Named in errors: `map "counts"`. */
  readonly what: string;
  /** The kinds that the map's class can stand for; undefined when it can stand for all of them. */
  readonly kinds: readonly MapTypeName[] | undefined;
  /** Whether sizes of keys and of values may change: those that a class reads may not. */
  readonly keys: "free" | "fixed";
  readonly values: "free" | "fixed";
  /** Throws when it is too late for settings. */
  readonly check: () => void;
  /** Gets the new size of values, in bytes. */
  readonly onValueSize?: (bytes: number) => void;
  /** Where maps are pinned by name. */
  readonly pinRoot: () => string | undefined;
}

const U32 = 0xffff_ffff;
const U64 = 0xffff_ffff_ffff_ffffn;

/** A map between open and load: what the object says, and what was set. */
export class OpenedMapSettings implements OpenedUntypedMap {
  readonly name: string;
  readonly inner: OpenedUntypedMap | undefined;
  readonly #def: MapDef;
  readonly #context: OpenedMapContext;
  readonly #inner: OpenedMapSettings | undefined;
  #changes: MapChanges = {};

  constructor(def: MapDef, context: OpenedMapContext) {
    this.name = def.name;
    this.#def = def;
    this.#context = context;
    const free = { kinds: undefined, keys: "free", values: "free" } as const;
    this.#inner = def.inner && new OpenedMapSettings(def.inner, { ...context, ...free, what: `${context.what}.inner` });
    this.inner = this.#inner;
    Object.defineProperty(this, inspect.custom, { value: () => this.#facts() });
  }

  /** Everything that was set. */
  get changes(): MapChanges {
    return this.#inner === undefined ? this.#changes : { ...this.#changes, inner: this.#inner.changes };
  }

  get kind(): MapTypeName {
    return mapKind(this.#now.type);
  }

  set kind(kind: MapTypeName) {
    const { what, kinds = mapTypes.slice(1) } = this.#context;
    if (!kinds.includes(kind)) throw new RangeError(`${what}: kind takes ${listOf(kinds)}, not ${show(kind)}`);
    this.#set({ type: mapTypes.indexOf(kind) });
  }

  get keySize(): number {
    return this.#now.keySize;
  }

  set keySize(bytes: number) {
    this.#checkSize("keySize", bytes, this.#context.keys, this.#def.keySize);
    this.#set({ keySize: bytes });
  }

  get valueSize(): number {
    return this.#now.valueSize;
  }

  set valueSize(bytes: number) {
    this.#checkSize("valueSize", bytes, this.#context.values, this.#def.valueSize);
    this.#set({ valueSize: bytes });
    this.#context.onValueSize?.(bytes);
  }

  get maxEntries(): number {
    return this.#now.maxEntries;
  }

  set maxEntries(count: number) {
    this.#checkInteger("maxEntries", count, 1);
    this.#set({ maxEntries: count });
  }

  get flags(): number {
    return this.#now.flags;
  }

  set flags(flags: number) {
    this.#checkInteger("flags", flags, 0);
    this.#set({ flags });
  }

  get mapExtra(): bigint {
    return this.#now.mapExtra;
  }

  set mapExtra(extra: bigint) {
    if (typeof extra !== "bigint" || extra < 0n || extra > U64)
      throw new RangeError(`${this.#context.what}: mapExtra takes a bigint from 0n to ${U64}n, not ${show(extra)}`);
    this.#set({ mapExtra: extra });
  }

  get numaNode(): number {
    return this.#now.numaNode ?? 0;
  }

  set numaNode(node: number) {
    this.#checkInteger("numaNode", node, 0);
    this.#set({ numaNode: node });
  }

  get ifindex(): number {
    return this.#changes.ifindex ?? 0;
  }

  set ifindex(index: number) {
    this.#checkInteger("ifindex", index, 0);
    this.#set({ ifindex: index });
  }

  get autocreate(): boolean {
    return this.#now.autocreate;
  }

  set autocreate(value: boolean) {
    if (typeof value !== "boolean")
      throw new TypeError(`${this.#context.what}: autocreate takes true or false, not ${show(value)}`);
    this.#set({ autocreate: value });
  }

  get pinPath(): string | undefined {
    const { pinPath } = this.#changes;
    if (pinPath !== undefined) return pinPath ?? undefined;
    return pinByName(this.#def, { pinRoot: this.#context.pinRoot() });
  }

  set pinPath(path: string | undefined) {
    this.#set({ pinPath: path === undefined ? null : checkedPath(`${this.#context.what}: pinPath`, path) });
  }

  reuse(map: MapSource): void {
    this.#set({ reuse: this.#checkedSource("reuse", map) });
  }

  useInner(map: MapSource): void {
    const { what } = this.#context;
    if (this.kind !== "array_of_maps" && this.kind !== "hash_of_maps")
      throw new TypeError(`${what}: useInner is for maps of maps, this one is of kind ${this.kind}`);
    this.#set({ innerMap: this.#checkedSource("useInner", map) });
  }

  /** Sets what `settings` has. */
  apply(settings: UntypedMapSettings): void {
    const { inner, reuse, ...rest } = settings;
    for (const [name, value] of Object.entries(rest)) {
      if (!settable.has(name)) throw new TypeError(`${this.#context.what}: it has no setting "${name}"`);
      if (value !== undefined) Reflect.set(this, name, value);
    }
    if (reuse !== undefined) this.reuse(reuse);
    if (inner === undefined) return;
    if (this.#inner === undefined) throw new TypeError(`${this.#context.what}: it has no inner map`);
    this.#inner.apply(inner);
  }

  #facts(): object {
    const { name, kind, keySize, valueSize, maxEntries, flags, mapExtra, numaNode, autocreate, pinPath, inner } = this;
    return { name, kind, keySize, valueSize, maxEntries, flags, mapExtra, numaNode, autocreate, pinPath, inner };
  }

  get #now(): MapDef {
    return changed(this.#def, this.#changes);
  }

  #set(change: MapChanges): void {
    this.#context.check();
    this.#changes = { ...this.#changes, ...change };
  }

  #checkInteger(name: string, value: number, least: number): void {
    if (Number.isInteger(value) && value >= least && value <= U32) return;
    throw new RangeError(`${this.#context.what}: ${name} takes an integer from ${least} to ${U32}, not ${show(value)}`);
  }

  #checkSize(name: string, value: number, may: "free" | "fixed", size: number): void {
    this.#checkInteger(name, value, 0);
    if (may === "free" || value === size) return;
    throw new RangeError(
      `${this.#context.what}: ${name} stays ${size} bytes, which is what the skeleton reads and writes, not ${show(value)}`,
    );
  }

  #checkedSource(name: string, map: MapSource): MapSource {
    const what = `${this.#context.what}: ${name}`;
    if (typeof map === "string") return checkedPath(what, map);
    if (typeof map === "number" ? Number.isInteger(map) && map >= 0 : hasDescriptor(map)) return map;
    throw new TypeError(`${what} takes a loaded map, the path of a pinned one, or a descriptor, not ${show(map)}`);
  }
}

/** What {@link OpenedMapSettings.apply} hands to setters. */
const settable: ReadonlySet<string> = new Set([
  "kind",
  "keySize",
  "valueSize",
  "maxEntries",
  "flags",
  "mapExtra",
  "numaNode",
  "ifindex",
  "autocreate",
  "pinPath",
]);

/** A loaded map, of any copy of this package. Its descriptor is asked for when loading. */
function hasDescriptor(map: unknown): boolean {
  return typeof map === "object" && map !== null && "fd" in map && "name" in map;
}

function listOf(kinds: readonly string[]): string {
  return kinds.length === 1 ? `only ${kinds[0] ?? ""}` : kinds.join(", ");
}

/** A path that C can have. */
export function checkedPath(what: string, path: unknown): string {
  if (typeof path === "string" && path !== "" && !path.includes("\0")) return path;
  throw new TypeError(`${what} takes a path, not ${show(path)}`);
}
