import type { Btf } from "../../src/btf/btf.ts";
import type { BtfType, Member, StructType, UnionType } from "../../src/btf/types.ts";

/** A source of numbers from 0 to below `end`, always the same ones for one seed (mulberry32). */
export type Random = (end: number) => number;

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (end) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end;
  };
}

/** Types cut out of a kernel: the first one has id 1. `focus` are the ones that mutations should hit, by index. */
export interface Cutout {
  readonly types: readonly BtfType[];
  readonly focus: readonly number[];
}

/**
 * The types `roots` of a kernel with everything they hold by value, whole structs with all members, in the kernel's order.
 * Pointers lead to void, but for those to other roots.
 */
export function cutOut(kernel: Btf, roots: readonly number[], focus: readonly number[]): Cutout {
  const kept = new Set<number>([0]);
  const queue = [...roots];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (kept.has(id)) continue;
    kept.add(id);
    const type = kernel.type(id);
    if (type.kind !== "ptr") queue.push(...referencesOf(type));
  }
  const ids = [...kept].sort((a, b) => a - b);
  const newIds = new Map(ids.map((id, index) => [id, index]));
  const types = ids.slice(1).map((id) => withReferences(kernel.type(id), (to) => newIds.get(to) ?? 0));
  return { types, focus: focus.flatMap((id) => (newIds.has(id) ? [newIds.get(id)! - 1] : [])) };
}

function referencesOf(type: BtfType): number[] {
  const found: number[] = [];
  withReferences(type, (id) => {
    found.push(id);
    return id;
  });
  return found;
}

function withReferences(type: BtfType, map: (id: number) => number): BtfType {
  switch (type.kind) {
    case "struct":
    case "union":
      return { ...type, members: type.members.map((member) => ({ ...member, type: map(member.type) })) };
    case "array":
      return { ...type, type: map(type.type), indexType: map(type.indexType) };
    case "ptr":
    case "typedef":
    case "const":
    case "volatile":
    case "restrict":
    case "type_tag":
      return { ...type, type: map(type.type) };
    case "func_proto":
      return { kind: "fwd", name: "a_function", union: false };
    default:
      return type;
  }
}

/** Changes one type, as kernels do from version to version, and as they never do. Says what it did. */
export function mutate(types: BtfType[], focus: readonly number[], random: Random): string {
  const index = focus.length > 0 && random(10) < 8 ? focus[random(focus.length)]! : random(types.length);
  const type = types[index]!;
  switch (type.kind) {
    case "struct":
    case "union":
      return mutateStruct(types, index, type, random);
    case "enum":
      types[index] = { ...type, values: mutateValues(type.values, random, (value) => (value + 3) | 0) };
      return `enum ${type.name}`;
    case "enum64":
      types[index] = { ...type, values: mutateValues(type.values, random, (value) => value + 3n) };
      return `enum64 ${type.name}`;
    case "int": {
      const size = [1, 2, 4, 8][random(4)]!;
      types[index] = { ...type, size, bits: size * 8, signed: random(2) === 0 };
      return `int ${type.name} of ${size}`;
    }
    case "array":
      types[index] = { ...type, nelems: [0, 1, type.nelems + 1, type.nelems * 2][random(4)]! };
      return "array";
    case "typedef":
      types[index] = { ...type, type: 1 + random(index + 1) };
      return `typedef ${type.name}`;
    default:
      return `nothing in ${type.kind}`;
  }
}

function mutateValues<V>(
  values: readonly { readonly name: string; readonly value: V }[],
  random: Random,
  change: (value: V) => V,
): { name: string; value: V }[] {
  const at = random(values.length + 1);
  const action = random(3);
  return values.flatMap((one, index) => {
    if (index !== at) return [one];
    if (action === 0) return [];
    return [action === 1 ? { ...one, name: `${one.name}_x` } : { ...one, value: change(one.value) }];
  });
}

type Composite = StructType | UnionType;

function mutateStruct(types: BtfType[], index: number, type: Composite, random: Random): string {
  const at = random(type.members.length);
  const member = type.members[at];
  const set = (changed: readonly Member[]): void => {
    types[index] = { ...type, members: changed };
  };
  const replace = (changed: Partial<Member>): void => {
    set(type.members.map((one, i) => (i === at ? { ...one, ...changed } : one)));
  };
  const append = (added: BtfType): number => types.push(added);
  const what = `${type.kind} ${type.name}.${member?.name ?? ""}`;
  if (member === undefined) return `nothing in ${what}`;
  switch (random(12)) {
    case 0:
      set(type.members.filter((_, i) => i !== at));
      return `dropped ${what}`;
    case 1:
      set(type.members.map((one, i) => (i < at ? one : { ...one, bitOffset: one.bitOffset + 64 })));
      return `moved ${what} and what follows`;
    case 2:
      replace({ bitOffset: random(type.size * 8 + 1) & ~7 });
      return `moved ${what}`;
    case 3:
      replace({ type: 1 + random(types.length) });
      return `gave ${what} another type`;
    case 4: {
      const size = [1, 2, 4, 8][random(4)]!;
      const facts = { offset: 0, signed: random(2) === 0, char: false, bool: false };
      replace({ type: append({ kind: "int", name: "widened", size, bits: size * 8, ...facts }) });
      return `resized ${what} to ${size}`;
    }
    case 5:
      replace({ name: `${member.name}_x` });
      return `renamed ${what}`;
    case 6:
      types[index] = { ...type, name: `${type.name}_x` };
      return `renamed ${type.name}`;
    case 7:
      append({ ...type, name: random(2) === 0 ? type.name : `${type.name}___v2` });
      return `duplicated ${type.name}`;
    case 8:
      append({
        ...type,
        members: type.members.map((one, i) => (i === at ? { ...one, bitOffset: one.bitOffset + 32 } : one)),
      });
      return `duplicated ${what}, moved`;
    case 9: {
      const inner = append({ kind: "struct", name: "", size: type.size, members: [{ ...member, bitOffset: 0 }] });
      replace({ name: "", type: inner, bitSize: 0 });
      return `put ${what} into an anonymous struct`;
    }
    case 10:
      // Of anything else libbpf takes a type's id for its size.
      if (!["int", "enum"].includes(kindBehindTypedefs(types, member.type))) return `nothing in ${what}`;
      replace({ bitSize: 1 + random(31) });
      return `made a bit-field of ${what}`;
    default:
      // A circle through the type itself: of pointers, which C has, or by value, which it can't have.
      replace({ type: random(2) === 0 ? index + 1 : append({ kind: "ptr", name: "", type: index + 1 }) });
      return `made a circle through ${what}`;
  }
}

function kindBehindTypedefs(types: readonly BtfType[], id: number): BtfType["kind"] {
  for (let type = types[id - 1], steps = 0; type !== undefined && steps < 50; steps++) {
    if (type.kind !== "typedef" && type.kind !== "const" && type.kind !== "volatile") return type.kind;
    type = types[type.type - 1];
  }
  return "void";
}
