import type { TypeTable } from "../../btf/types.ts";
import { CoreGenError } from "../../errors.ts";
import { printable } from "../../btf/printable.ts";
import { sizeOfShape, type ScalarName, type Shape, type TaggedShape } from "./shape.ts";

const PREFIX = "core-gen:";

/** What a decl tag can say of a member's bytes, and of which. */
const hints = {
  string: "arrays of bytes",
  ipv4: "4 bytes",
  ipv6: "16 bytes",
  mac: "6 bytes",
  be: "integers of 16 bits and more",
  ktime: "integers of 64 bits",
  number: "integers of 64 bits",
} as const;

/** `__attribute__((btf_decl_tag("core-gen:ipv4")))`. */
export type Hint = keyof typeof hints;

/** The hints in the decl tags of some types: on members of structs, and on variables. */
export class Hints {
  readonly #types: TypeTable;
  #tags: ReadonlyMap<string, readonly string[]> | undefined;

  constructor(types: TypeTable) {
    this.#types = types;
  }

  /**
   * The hint on a member of a type, or with -1 on the variable itself. `where` names it in errors.
   *
   * Throws a `CoreGenError` with code `bad-object` for a tag that we know nothing of, and when there are two.
   */
  of(typeId: number, component: number, where: string): Hint | undefined {
    this.#tags ??= readTags(this.#types);
    const [tag, second] = this.#tags.get(keyOf(typeId, component)) ?? [];
    if (tag === undefined) return undefined;
    if (second !== undefined) throw badTag(where, tag, `it has "${shown(second)}", too, and only one can be right`);
    const hint = tag.slice(PREFIX.length);
    if (isHint(hint)) return hint;
    throw badTag(where, tag, `there is no such hint: there are ${Object.keys(hints).join(", ")}`);
  }
}

/** The shape of what a hint is about. Throws a `CoreGenError` with code `bad-object` when the hint does not fit. */
export function applyHint(shape: Shape, hint: Hint, where: string): Shape {
  const hinted = hint === "string" ? asText(shape) : tagged(shape, hint);
  if (hinted !== undefined) return hinted;
  if (shape.kind === "list") return { ...shape, element: applyHint(shape.element, hint, where) };
  throw badTag(where, PREFIX + hint, `it is for ${hints[hint]}, and this is something else`);
}

/** `number` on a bit-field decides whether its value is a bigint, and nothing else fits there. */
export function bitFieldIsBig(hint: Hint, size: number, where: string): boolean {
  if (hint !== "number") throw badTag(where, PREFIX + hint, "it is not for bit-fields");
  if (size > 53) throw badTag(where, PREFIX + hint, `numbers have 53 bits, and this bit-field has ${size}`);
  return false;
}

function asText(shape: Shape): Shape | undefined {
  if (shape.kind === "text") return shape;
  if (shape.kind === "bytes") return { kind: "text", size: shape.size };
  const isBytes = shape.kind === "list" && shape.element.kind === "scalar" && sizeOfShape(shape.element) === 1;
  return isBytes ? { kind: "text", size: shape.count } : undefined;
}

function tagged(shape: Shape, hint: Exclude<Hint, "string">): TaggedShape | undefined {
  switch (hint) {
    case "ipv4":
      return isAddress(shape, 4)
        ? { kind: "tagged", method: "ipv4", bigEndian: false, size: 4, type: "string" }
        : undefined;
    case "ipv6":
      return isAddress(shape, 16)
        ? { kind: "tagged", method: "ipv6", bigEndian: false, size: 16, type: "string" }
        : undefined;
    case "mac":
      return isAddress(shape, 6)
        ? { kind: "tagged", method: "mac", bigEndian: false, size: 6, type: "string" }
        : undefined;
    case "be":
      return bigEndian(shape);
    case "ktime":
      return isLong(shape)
        ? { kind: "tagged", method: "ktime", bigEndian: false, size: 8, type: "KernelTime" }
        : undefined;
    case "number":
      if (!isLong(shape)) return undefined;
      return { kind: "tagged", method: `${shape.scalar}Number`, bigEndian: false, size: 8, type: "number" };
  }
}

/** Bytes of an address as people declare them: an integer, an array of smaller ones, a struct like `in6_addr`. */
function isAddress(shape: Shape, size: number): boolean {
  if (sizeOfShape(shape) !== size) return false;
  switch (shape.kind) {
    case "scalar":
      return isInteger(shape.scalar);
    case "list":
      return shape.element.kind === "scalar" && shape.stride < size;
    case "bytes":
    case "record":
      return true;
    default:
      return false;
  }
}

function bigEndian(shape: Shape): TaggedShape | undefined {
  if (shape.kind !== "scalar" || !isInteger(shape.scalar) || sizeOfShape(shape) === 1) return undefined;
  const size = sizeOfShape(shape);
  return { kind: "tagged", method: shape.scalar, bigEndian: true, size, type: size > 4 ? "bigint" : "number" };
}

function isInteger(scalar: ScalarName): boolean {
  return /^[ui]\d+$/u.test(scalar);
}

function isLong(shape: Shape): shape is { kind: "scalar"; scalar: "u64" | "i64" } {
  return shape.kind === "scalar" && (shape.scalar === "u64" || shape.scalar === "i64");
}

function isHint(text: string): text is Hint {
  return Object.hasOwn(hints, text);
}

/** All decl tags of ours; those that say which struct a buffer carries are read elsewhere. */
function readTags(types: TypeTable): Map<string, string[]> {
  const tags = new Map<string, string[]>();
  for (let id = 1; id < types.typeCount; id++) {
    const type = types.type(id);
    if (type.kind !== "decl_tag" || !type.name.startsWith(PREFIX) || type.name.startsWith("core-gen:record=")) continue;
    const key = keyOf(type.type, type.componentIdx);
    tags.set(key, [...(tags.get(key) ?? []), type.name]);
  }
  return tags;
}

function keyOf(typeId: number, component: number): string {
  return `${typeId} ${component}`;
}

function badTag(where: string, tag: string, problem: string): CoreGenError {
  return new CoreGenError("bad-object", `${where}: the decl tag "${shown(tag)}": ${problem}`);
}

function shown(text: string): string {
  return printable(text.slice(0, 80));
}
