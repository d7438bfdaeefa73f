import { printable } from "../../btf/printable.ts";
import type { AnyLoaded } from "../import-skeleton.ts";
import { tableLines } from "../table.ts";
import { drawHistogram, isHistogram } from "./histogram.ts";
import { showValue } from "./show-value.ts";

/** Of a map, the largest first. */
const MOST_ENTRIES = 20;
/** What people call counts by powers of two. */
const HISTOGRAM = /hist|slots|log2|dist/iu;
/** Kinds whose entries are what programs have counted or noted. */
const LISTED = /^(?:lru_)?(?:percpu_)?(?:hash|array)$/u;

/** What maps and variables hold at the end. */
export interface Contents {
  readonly maps: Readonly<Record<string, readonly Entry[]>>;
  /** By section, without those that can't change. */
  readonly variables: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** A key and its value; the index of an array's element. */
export interface Entry {
  readonly key: unknown;
  readonly value: unknown;
}

/** The maps and variables of a skeleton that runs. */
export function contentsOf(skel: AnyLoaded): Contents {
  const maps = Object.values(skel.maps).filter(({ kind }) => LISTED.test(kind));
  const sections = Object.keys(skel["sections"] as object).filter((name) => !/^(?:rodata|kconfig)/u.test(name));
  return {
    maps: Object.fromEntries(maps.map((map) => [map.name, entriesOf(map)])),
    variables: Object.fromEntries(sections.map((name) => [name, { ...(skel[name] as object) }])),
  };
}

/** {@link Contents} as text for people; empty when there is nothing to say. */
export function printContents({ maps, variables }: Contents, width: number): string {
  const parts = [
    ...Object.entries(maps).map(([name, entries]) => printMap(name, entries, width)),
    ...Object.entries(variables).map(([name, values]) => printVariables(name, values, width)),
  ];
  return parts
    .filter((part) => part !== "")
    .map((part) => `\n${part}\n`)
    .join("");
}

function entriesOf(map: object): Entry[] {
  if (!("entries" in map) || typeof map.entries !== "function") return [];
  // Hashes and arrays of any types have it.
  const entries = (map as { entries(): Iterable<[unknown, unknown]> }).entries();
  return [...entries].map(([key, value]) => ({ key, value }));
}

function printMap(name: string, entries: readonly Entry[], width: number): string {
  const title = printable(name);
  const used = entries.filter(({ value }) => !isZero(value));
  if (used.length === 0) return `${title}: empty`;
  const slots = HISTOGRAM.test(name) ? slotsByKey(entries) : undefined;
  if (slots !== undefined) return [`${title}:`, ...drawHistogram(slots, width)].join("\n");
  const sorted = [...used].sort((a, b) => compare(b.value, a.value));
  const rows = sorted.slice(0, MOST_ENTRIES).map(({ key, value }) => [showValue(key), ...shownValue(value, width)]);
  const more = used.length > MOST_ENTRIES ? [`  … and ${used.length - MOST_ENTRIES} more`] : [];
  return [`${title}:`, ...tableLines(rows, "  "), ...more].join("\n");
}

function printVariables(section: string, values: Readonly<Record<string, unknown>>, width: number): string {
  const lines = Object.entries(values).flatMap(([name, value]) => {
    if (HISTOGRAM.test(name) && Array.isArray(value) && isHistogram(value))
      return [`  ${printable(name)}:`, ...drawHistogram(value.map(Number), width)];
    return [`  ${printable(name)} = ${showValue(value)}`];
  });
  return lines.length === 0 ? "" : [`${section}:`, ...lines].join("\n");
}

/** The keys of a histogram in a map are its slots, an array's all of them and a hash's those that were counted. */
function slotsByKey(entries: readonly Entry[]): number[] | undefined {
  const keys = entries.map(({ key }) => Number(key));
  if (!keys.every((key) => Number.isInteger(key) && key >= 0 && key < 64)) return undefined;
  const slots = Array.from({ length: Math.max(8, ...keys.map((key) => key + 1)) }, () => 0);
  for (const { key, value } of entries) slots[Number(key)] = Number(value);
  return isHistogram(slots) ? slots : undefined;
}

/** A struct with slots is drawn below its key. */
function shownValue(value: unknown, width: number): string[] {
  const slots = slotsOf(value);
  if (slots === undefined) return [showValue(value)];
  return [`\n${drawHistogram(slots, width).join("\n")}`];
}

/** The counts of what libbpf's tools call `struct hist`. */
function slotsOf(value: unknown): number[] | undefined {
  if (typeof value !== "object" || value === null || !("slots" in value) || !Array.isArray(value.slots))
    return undefined;
  return isHistogram(value.slots) ? value.slots.map(Number) : undefined;
}

function isZero(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isZero);
  if (value instanceof Uint8Array) return value.every((byte) => byte === 0);
  if (typeof value === "object" && value !== null) return Object.values(value).every(isZero);
  return value === 0 || value === 0n || value === false || value === "";
}

/** Numbers by size; anything else stays in the order of the map. */
function compare(a: unknown, b: unknown): number {
  const isNumber = (value: unknown): value is number | bigint => typeof value === "number" || typeof value === "bigint";
  if (!isNumber(a) || !isNumber(b)) return 0;
  return a < b ? -1 : a > b ? 1 : 0;
}
