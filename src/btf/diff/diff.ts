import type { Btf } from "../btf.ts";
import {
  comparedKinds,
  FactsOf,
  type ComparedKind,
  type EnumeratorFacts,
  type FieldFacts,
  type TypeFacts,
} from "./facts.ts";

/** A field that is not as it was: only `after` when it is new, only `before` when it is gone. */
export interface FieldChange {
  readonly field: string;
  readonly before?: FieldFacts;
  readonly after?: FieldFacts;
}

/** An enumerator that is not as it was. */
export interface EnumeratorChange {
  readonly enumerator: string;
  readonly before?: EnumeratorFacts;
  readonly after?: EnumeratorFacts;
}

/** One type that is not as it was. */
export interface TypeChange {
  readonly kind: ComparedKind;
  readonly name: string;
  readonly change: "added" | "removed" | "changed";
  /** In bytes; undefined on the side that does not have the type, and for what has no size. */
  readonly sizeBefore: number | undefined;
  readonly sizeAfter: number | undefined;
  /** What a typedef or variable is, or a function's prototype, on each side; "" where that is nothing to say. */
  readonly textBefore: string;
  readonly textAfter: string;
  readonly fields: readonly FieldChange[];
  readonly enumerators: readonly EnumeratorChange[];
}

/** How {@link diffBtf} compares. */
export interface DiffOptions {
  /** Only types of these names: "task_struct", or of one kind, "struct task_struct". Default: all. */
  readonly names?: readonly string[];
  /** Only types of these kinds. Default: struct, union, enum, typedef; with `names`, all. */
  readonly kinds?: readonly ComparedKind[];
}

const typeKinds: readonly ComparedKind[] = ["struct", "union", "enum", "typedef"];

/**
 * What changed from the named types of one BTF to those of another, by kind, then by name.
 *
 * Types are the same when their kind and name are: ids mean nothing here. Where several share a name, those that are
 * equal belong together, the others in the order of their ids. A module's own types are compared, not its base's.
 * Throws a `CoreGenError` with code `bad-btf` for types that no compiler makes.
 *
 * @example
 * import { readFileSync } from "node:fs";
 * import { Btf, BtfBuilder, diffBtf } from "core-gen/btf";
 *
 * const btf = Btf.parse(readFileSync("vmlinux.btf")); // on Linux: /sys/kernel/btf/vmlinux
 * const empty = Btf.parse(new BtfBuilder().build());
 * const [first] = diffBtf(btf, empty);
 * console.log(first?.name, first?.change); // task_struct removed
 */
export function diffBtf(before: Btf, after: Btf, options: DiffOptions = {}): TypeChange[] {
  const kinds = new Set(options.kinds ?? (options.names === undefined ? typeKinds : comparedKinds));
  const names = options.names === undefined ? undefined : new Set(options.names);
  const sides = [namedTypes(before, kinds, names), namedTypes(after, kinds, names)] as const;
  const facts = [new FactsOf(before), new FactsOf(after)] as const;
  const changes: TypeChange[] = [];
  for (const key of sortedKeys(sides)) {
    const [kind, name] = [kindOfKey(key), key.slice(1)];
    const old = (sides[0].get(key) ?? []).map((id) => facts[0].of(id));
    const now = (sides[1].get(key) ?? []).map((id) => facts[1].of(id));
    for (const [one, other] of pairs(old, now)) changes.push(changeOf(kind, name, one, other));
  }
  return changes;
}

/** Ids by kind and name; the kind is one character, its place in {@link comparedKinds}. */
function namedTypes(
  btf: Btf,
  kinds: ReadonlySet<ComparedKind>,
  names: ReadonlySet<string> | undefined,
): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (let id = btf.firstId; id < btf.typeCount; id++) {
    const kind = comparedKind(btf, id);
    if (kind === undefined || !kinds.has(kind)) continue;
    const name = btf.name(id);
    if (name === "" || (names !== undefined && !names.has(name) && !names.has(`${kind} ${name}`))) continue;
    const key = `${comparedKinds.indexOf(kind)}${name}`;
    const ids = found.get(key);
    if (ids === undefined) found.set(key, [id]);
    else ids.push(id);
  }
  return found;
}

function comparedKind(btf: Btf, id: number): ComparedKind | undefined {
  const kind = btf.kind(id);
  if (kind === "enum64") return "enum";
  return comparedKinds.find((compared) => compared === kind);
}

function kindOfKey(key: string): ComparedKind {
  return comparedKinds[Number(key[0])] ?? "struct";
}

function sortedKeys(sides: readonly ReadonlyMap<string, unknown>[]): string[] {
  return [...new Set(sides.flatMap((side) => [...side.keys()]))].sort();
}

/** Those that differ, in pairs; undefined for what one side does not have. */
function pairs(old: readonly TypeFacts[], now: readonly TypeFacts[]): [TypeFacts | undefined, TypeFacts | undefined][] {
  const [left, right] = withoutEqual(old, now);
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => [left[index], right[index]]);
}

function withoutEqual(old: readonly TypeFacts[], now: readonly TypeFacts[]): [TypeFacts[], TypeFacts[]] {
  const texts = new Map<string, number>();
  for (const facts of now) texts.set(JSON.stringify(facts), (texts.get(JSON.stringify(facts)) ?? 0) + 1);
  const left = old.filter((facts) => !takeOne(texts, JSON.stringify(facts)));
  const right = now.filter((facts) => takeOne(texts, JSON.stringify(facts)));
  return [left, right];
}

function takeOne(texts: Map<string, number>, text: string): boolean {
  const count = texts.get(text) ?? 0;
  texts.set(text, count - 1);
  return count > 0;
}

function changeOf(
  kind: ComparedKind,
  name: string,
  before: TypeFacts | undefined,
  after: TypeFacts | undefined,
): TypeChange {
  const both = before !== undefined && after !== undefined;
  return {
    ...{ kind, name, change: both ? "changed" : before === undefined ? "added" : "removed" },
    ...{
      sizeBefore: before?.size,
      sizeAfter: after?.size,
      textBefore: before?.text ?? "",
      textAfter: after?.text ?? "",
    },
    fields: both ? changedFields(before.fields, after.fields) : [],
    enumerators: both ? changedEnumerators(before.enumerators, after.enumerators) : [],
  };
}

/** In the order of their offsets. */
function changedFields(before: readonly FieldFacts[], after: readonly FieldFacts[]): FieldChange[] {
  const place = ({ before: old, after: now }: FieldChange): number => (now ?? old)?.bitOffset ?? 0;
  return changed(before, after, sameField)
    .map(([name, one, other]): FieldChange => ({ field: name, ...sides(one, other) }))
    .sort((one, other) => place(one) - place(other));
}

function sameField(one: FieldFacts, other: FieldFacts): boolean {
  return (
    one.type === other.type &&
    one.bitOffset === other.bitOffset &&
    one.bitSize === other.bitSize &&
    one.size === other.size
  );
}

function changedEnumerators(before: readonly EnumeratorFacts[], after: readonly EnumeratorFacts[]): EnumeratorChange[] {
  return changed(before, after, (one, other) => one.value === other.value).map(([name, one, other]) => ({
    enumerator: name,
    ...sides(one, other),
  }));
}

/** What differs by name: what is gone, then the rest in the order of the new side. */
function changed<T extends { readonly name: string }>(
  before: readonly T[],
  after: readonly T[],
  same: (one: T, other: T) => boolean,
): [name: string, before: T | undefined, after: T | undefined][] {
  const old = new Map(before.map((one) => [one.name, one]));
  const now = new Map(after.map((one) => [one.name, one]));
  const found: [string, T | undefined, T | undefined][] = [];
  for (const [name, one] of old) if (!now.has(name)) found.push([name, one, undefined]);
  for (const [name, one] of now) {
    const was = old.get(name);
    if (was === undefined || !same(was, one)) found.push([name, was, one]);
  }
  return found;
}

function sides<T>(before: T | undefined, after: T | undefined): { before?: T; after?: T } {
  return { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}
