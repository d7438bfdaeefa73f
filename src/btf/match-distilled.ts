import type { Btf } from "./btf.ts";
import { ByteReader } from "./bytes.ts";
import { CoreGenError } from "../errors.ts";
import type { BtfType } from "./types.ts";

/** Where the types of a distilled base are in a kernel's. */
export interface DistilledMatch {
  /** By distilled id. */
  readonly ids: Uint32Array;
  /** From offsets in the distilled strings to those in the kernel's. */
  readonly strings: ReadonlyMap<number, number>;
}

/** The kinds of a distilled base: everything else in it is an error (libbpf: `btf_relocate_validate_distilled_base`). */
type Distilled = Extract<BtfType, { kind: "int" | "float" | "enum" | "struct" | "union" | "fwd" }>;

/**
 * Finds each type of a distilled base among a kernel's, by the rules of libbpf's `btf_relocate_map_distilled_base`.
 *
 * Numbers and enums must have the same size. A struct or union must, too, where a split type contains it, or where the
 * kernel has several of its name. Throws a `CoreGenError` with code `bad-btf` when there is none, or more than one.
 */
export function matchDistilled(split: Btf, distilled: Btf, base: Btf): DistilledMatch {
  const embedded = embeddedTypes(split, distilled);
  const ids = new Uint32Array(distilled.typeCount);
  const strings = new Map<number, number>();
  for (let id = 1; id < distilled.typeCount; id++) {
    const type = distilledType(split, distilled, id);
    const found = candidates(base, type, embedded.has(id));
    const [match] = found;
    if (match === undefined || found.length > 1) throw mismatch(split, type, base, found);
    ids[id] = match;
    strings.set(nameOffset(distilled, id), nameOffset(base, match));
  }
  return { ids, strings };
}

/** The distilled structs and unions that a split struct or union has as a member, not just points to. */
function embeddedTypes(split: Btf, distilled: Btf): Set<number> {
  const embedded = new Set<number>();
  for (let id = split.firstId; id < split.typeCount; id++) {
    const type = split.type(id);
    if (type.kind !== "struct" && type.kind !== "union") continue;
    for (const member of type.members) {
      const inner = containedType(split, member.type);
      if (inner < distilled.typeCount) embedded.add(inner);
    }
  }
  return embedded;
}

/** What remains of a member's type without typedefs, qualifiers and arrays. */
function containedType(split: Btf, id: number): number {
  let at = id;
  // No chain is longer than all types, unless it is a circle.
  for (let steps = 0; steps < split.typeCount; steps++) {
    const type = split.type(at);
    switch (type.kind) {
      case "const":
      case "restrict":
      case "volatile":
      case "typedef":
      case "type_tag":
      case "array":
        at = type.type;
        break;
      default:
        return at;
    }
  }
  throw new CoreGenError("bad-btf", `${split.what}: type [${id}] refers to itself`);
}

function distilledType({ what }: Btf, distilled: Btf, id: number): Distilled {
  const type = distilled.type(id);
  switch (type.kind) {
    case "int":
    case "float":
    case "enum":
    case "struct":
    case "union":
    case "fwd":
      if (type.name !== "") return type;
      throw new CoreGenError("bad-btf", `${what}: type [${id}] of its distilled base has no name`);
    default:
      throw new CoreGenError(
        "bad-btf",
        `${what}: type [${id}] of its distilled base is a ${type.kind}, which has no place there`,
      );
  }
}

function candidates(base: Btf, wanted: Distilled, embedded: boolean): number[] {
  const named = [...base.ownEssential(wanted.name)].filter((id) => base.name(id) === wanted.name);
  const composites = named.filter((id) => isComposite(base, id)).length;
  return named.filter((id) => fits(wanted, base.type(id), embedded, composites > 1));
}

function isComposite(base: Btf, id: number): boolean {
  const kind = base.kind(id);
  return kind === "struct" || kind === "union";
}

function fits(wanted: Distilled, type: BtfType, embedded: boolean, ambiguous: boolean): boolean {
  switch (wanted.kind) {
    case "fwd":
      return type.kind === "fwd" ? type.union === wanted.union : type.kind === (wanted.union ? "union" : "struct");
    case "int":
      return (
        type.kind === "int" &&
        type.size === wanted.size &&
        type.signed === wanted.signed &&
        type.char === wanted.char &&
        type.bool === wanted.bool
      );
    case "float":
      return type.kind === "float" && type.size === wanted.size;
    case "enum":
      // Both kinds of enums are written as this one.
      return (type.kind === "enum" || type.kind === "enum64") && type.size === wanted.size;
    case "struct":
    case "union":
      // libbpf does not ask whether a struct is a struct still: only its name counts, and its size where that matters.
      return (
        (type.kind === "struct" || type.kind === "union") && ((!embedded && !ambiguous) || type.size === wanted.size)
      );
  }
}

function mismatch(split: Btf, type: Distilled, base: Btf, found: readonly number[]): CoreGenError {
  const name = type.kind === "fwd" ? `${type.union ? "union" : "struct"} ${type.name}` : `${type.kind} ${type.name}`;
  const size = "size" in type ? ` of ${type.size} bytes` : "";
  const problem =
    found.length === 0
      ? `${base.what} has no ${name}${size}`
      : `${base.what} has more than one ${name}${size}: ${found.map((id) => `[${id}]`).join(", ")}`;
  return new CoreGenError("bad-btf", `${split.what}: putting it onto other types: ${problem}`, {
    hints: ["Give as --base the types of a kernel that the module can be loaded into."],
  });
}

function nameOffset(btf: Btf, id: number): number {
  return new ByteReader(btf.bytes, { what: btf.what, code: "bad-btf", littleEndian: btf.littleEndian }).u32(
    btf.offsetOf(id),
  );
}
