import type { BtfBuilder } from "./btf-builder.ts";

/** Decisions, made beforehand, so that a test that fails can be repeated and made smaller. */
export class Dice {
  readonly #numbers: readonly number[];
  #next = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** A number from 0 to `sides - 1`; 0 when the decisions are used up. */
  roll(sides: number): number {
    return (this.#numbers[this.#next++] ?? 0) % sides;
  }

  /** True one time in `sides`. */
  once(sides: number): boolean {
    return this.roll(sides) === sides - 1;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.roll(items.length)]!;
  }
}

/** A C type, as a tree. */
export type Shape =
  | { readonly kind: "int"; readonly size: number; readonly encoding: number }
  | { readonly kind: "ptr"; readonly to: Shape | undefined }
  | { readonly kind: "float"; readonly size: number }
  | { readonly kind: "enum"; readonly name: string; readonly signed: boolean }
  | { readonly kind: "enum64"; readonly name: string; readonly signed: boolean }
  | { readonly kind: "fwd"; readonly name: string }
  | { readonly kind: "array"; readonly of: Shape; readonly count: number }
  | { readonly kind: "const" | "volatile" | "typedef"; readonly of: Shape }
  | { readonly kind: "struct" | "union"; readonly name: string; readonly fields: readonly Field[] };

export interface Field {
  readonly name: string;
  readonly shape: Shape;
  /** Bits of a bit-field. */
  readonly bits?: number;
}

export type Composite = Extract<Shape, { fields: unknown }>;

const fieldNames = ["a", "b", "c", "d", "e"] as const;
const typeNames = ["x", "x___one", "y", ""] as const;

/** A struct or union of that name, with one to five members. */
export function randomComposite(dice: Dice, name: string, depth = 0): Composite {
  const kind = dice.once(5) ? "union" : "struct";
  // The names of members are all different, as C wants it.
  const fields = fieldNames.slice(0, 1 + dice.roll(5)).map((field) => randomField(dice, field, depth));
  return { kind, name, fields };
}

function randomField(dice: Dice, name: string, depth: number): Field {
  if (dice.once(8)) {
    const size = dice.pick([1, 2, 4, 8]);
    return { name, shape: { kind: "int", size, encoding: dice.roll(2) }, bits: 1 + dice.roll(size * 8) };
  }
  const anonymous = depth < 3 && dice.once(6);
  return anonymous
    ? { name: "", shape: rename(randomComposite(dice, "", depth + 1), name) }
    : { name, shape: randomShape(dice, depth) };
}

/**
 * Members of anonymous types must not clash with those beside them, as in C: `ab` is the `b` in the anonymous `a`. libbpf
 * counts wrong offsets where two have the same name, one of a type that does not fit.
 */
function rename(shape: Composite, prefix: string): Composite {
  const fields = shape.fields.map((field): Field => {
    if (field.name !== "") return { ...field, name: `${prefix}${field.name}` };
    return "fields" in field.shape ? { ...field, shape: rename(field.shape, prefix) } : field;
  });
  return { ...shape, fields };
}

function randomShape(dice: Dice, depth: number): Shape {
  switch (depth > 3 ? dice.roll(4) : dice.roll(12)) {
    case 0:
    case 1:
      return { kind: "int", size: dice.pick([4, 8, 1, 2]), encoding: dice.pick([0, 1, 4]) };
    case 2:
      return { kind: "ptr", to: dice.once(2) ? undefined : { kind: "fwd", name: dice.pick(typeNames) } };
    case 3:
      return dice.once(2)
        ? { kind: "enum", name: dice.pick(typeNames), signed: dice.once(2) }
        : { kind: "enum64", name: dice.pick(typeNames), signed: dice.once(2) };
    case 4:
      return { kind: "float", size: dice.pick([4, 8]) };
    case 5:
      return { kind: dice.pick(["const", "volatile", "typedef"] as const), of: randomShape(dice, depth + 1) };
    case 6:
    case 7:
    case 8:
      return { kind: "array", of: randomShape(dice, depth + 1), count: dice.pick([3, 1, 0, 2]) };
    default:
      return randomComposite(dice, dice.pick(typeNames), depth + 1);
  }
}

/** The same type in another kernel: members moved, removed, added, of other types, or inside an anonymous struct. */
function anotherVersion(dice: Dice, shape: Shape, depth = 0): Shape {
  if (dice.once(10)) return randomShape(dice, 2);
  switch (shape.kind) {
    case "int":
      return { ...shape, size: dice.once(4) ? dice.pick([1, 2, 4, 8]) : shape.size };
    case "array":
      return { ...shape, of: anotherVersion(dice, shape.of, depth + 1), count: shape.count + dice.roll(2) };
    case "const":
    case "volatile":
    case "typedef":
      return dice.once(2) ? shape.of : { ...shape, of: anotherVersion(dice, shape.of, depth + 1) };
    case "struct":
    case "union":
      return anotherComposite(dice, shape, shape.name, depth);
    default:
      return dice.once(3) ? { kind: "const", of: shape } : shape;
  }
}

export function anotherComposite(dice: Dice, shape: Composite, name: string, depth = 0): Composite {
  const fields = shape.fields.flatMap((field): Field[] => {
    if (dice.once(8)) return [];
    const { bits, ...rest } = field;
    if (bits !== undefined && dice.once(2)) return [dice.once(2) ? rest : { ...field, bits: 1 + dice.roll(bits) }];
    // What was anonymous stays so, and keeps its members' names: others could be there twice.
    if (field.name === "" && "fields" in field.shape)
      return [{ name: "", shape: anotherComposite(dice, field.shape, "", depth + 1) }];
    const changed = bits === undefined ? { ...field, shape: anotherVersion(dice, field.shape, depth + 1) } : field;
    if (depth > 2 || !dice.once(8)) return [changed];
    return [{ name: "", shape: { kind: dice.pick(["struct", "union"] as const), name: "", fields: [changed] } }];
  });
  if (dice.once(2)) fields.reverse();
  if (name !== "" && dice.once(3)) fields.unshift({ name: "added", shape: randomShape(dice, 3) });
  return { kind: dice.once(6) ? "union" : shape.kind, name, fields };
}

/** Writes a type with all that it is made of; returns its id. Sizes and offsets are what a compiler would choose. */
export function writeShape(b: BtfBuilder, shape: Shape): number {
  switch (shape.kind) {
    case "int":
      return b.int(`int${shape.size}`, shape.size, { encoding: shape.encoding });
    case "float":
      return b.add({ kind: "float", name: "float", sizeOrType: shape.size });
    case "ptr":
      return b.refer("ptr", shape.to === undefined ? 0 : writeShape(b, shape.to));
    case "enum":
      return b.enumeration(shape.name, 4, shape.signed, [["VALUE", 1]]);
    case "enum64":
      return b.enumeration64(shape.name, shape.signed, [["VALUE", 1n << 40n]]);
    case "fwd":
      return b.add({ kind: "fwd", name: shape.name === "" ? "unnamed" : shape.name });
    case "array": {
      const index = b.int("index", 4);
      return b.array(writeShape(b, shape.of), shape.count, index);
    }
    case "const":
    case "volatile":
      return b.refer(shape.kind, writeShape(b, shape.of));
    case "typedef":
      return b.refer("typedef", writeShape(b, shape.of), "named");
    case "struct":
    case "union":
      return writeComposite(b, shape);
  }
}

function writeComposite(b: BtfBuilder, shape: Composite): number {
  const anyBits = shape.fields.some(({ bits }) => bits !== undefined);
  const offsets = layout(shape);
  const members = shape.fields.map(({ name, shape: type, bits }, index) => {
    const member = [name, writeShape(b, type), offsets[index]!] as const;
    return anyBits ? ([...member, bits ?? 0] as const) : member;
  });
  return b.composite(shape.kind, shape.name, sizeOfShape(shape), members);
}

/** Where the members begin, in bits. */
function layout(shape: Composite): number[] {
  let end = 0;
  return shape.fields.map(({ shape: type, bits }) => {
    if (shape.kind === "union") return 0;
    const unit = sizeOfShape(type) * 8;
    // A bit-field does not cross the boundary of its type; everything else begins at a whole byte.
    let start = bits === undefined ? Math.ceil(end / 8) * 8 : end;
    if (bits !== undefined && Math.floor(start / unit) !== Math.floor((start + bits - 1) / unit))
      start = Math.ceil(start / unit) * unit;
    end = start + (bits ?? unit);
    return start;
  });
}

function sizeOfShape(shape: Shape): number {
  switch (shape.kind) {
    case "int":
    case "float":
      return shape.size;
    case "ptr":
    case "enum64":
      return 8;
    case "enum":
      return 4;
    case "fwd":
      return 0;
    case "array":
      return sizeOfShape(shape.of) * shape.count;
    case "const":
    case "volatile":
    case "typedef":
      return sizeOfShape(shape.of);
    case "struct":
    case "union": {
      const offsets = layout(shape);
      const ends = shape.fields.map(
        ({ shape: type, bits }, index) => offsets[index]! + (bits ?? sizeOfShape(type) * 8),
      );
      return Math.ceil(Math.max(0, ...ends) / 8);
    }
  }
}

/** An access string through a type: mostly to a field that is there. */
export function randomAccess(dice: Dice, root: Shape): string {
  const steps = [dice.once(8) ? 1 + dice.roll(3) : 0];
  let at: Shape | undefined = root;
  while (at !== undefined && steps.length < 20) {
    if (at.kind === "const" || at.kind === "volatile" || at.kind === "typedef") {
      at = at.of;
    } else if ("fields" in at) {
      if (at.fields.length === 0 || (steps.length > 1 && dice.once(4))) break;
      const index = dice.roll(at.fields.length);
      steps.push(index);
      at = at.fields[index]?.shape;
    } else if (at.kind === "array") {
      if (dice.once(3)) break;
      steps.push(dice.roll(at.count + (dice.once(4) ? 1 : 0) || 1));
      at = at.of;
    } else {
      at = undefined;
    }
  }
  return steps.join(":");
}
