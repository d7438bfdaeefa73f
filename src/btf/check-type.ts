import { LONGEST_NAME } from "./bytes.ts";
import { referencesOf } from "./references.ts";
import type { BtfType, Member, TypeTable } from "./types.ts";
import { CoreGenError } from "../errors.ts";

const INT_MIN = -(2 ** 31);
const UINT_MAX = 2 ** 32 - 1;
const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

/** Throws a `CoreGenError` with code `bad-input` for a type that makes no sense by itself, by the rules of libbpf's `btf__add_…`. */
export function checkType(type: BtfType): void {
  const problem = problemOf(type) ?? nameProblem(type.name);
  if (problem !== undefined) refuse(type, problem);
}

/** Throws when a type refers to an id that isn't there, or to a kind that it can't refer to (libbpf: `btf_validate_type`). */
export function checkReferences(types: TypeTable, id: number, type: BtfType): void {
  for (const to of referencesOf(type)) {
    if (!Number.isInteger(to) || to < 0 || to >= types.typeCount)
      refuse(type, `refers to a type [${to}], the last one is [${types.typeCount - 1}]`, id);
  }
  if (type.kind === "func" && types.type(type.type).kind !== "func_proto")
    refuse(type, `has the prototype [${type.type}], which is none but of kind ${types.type(type.type).kind}`, id);
}

function problemOf(type: BtfType): string | undefined {
  switch (type.kind) {
    case "void":
      return "is type 0, which is always there";
    case "int":
      return mustBeNamed(type) ?? mustBePower(type.size, 16) ?? intProblem(type);
    case "float":
      return (
        mustBeNamed(type) ??
        ([2, 4, 8, 12, 16].includes(type.size) ? undefined : `has ${type.size} bytes, not 2, 4, 8, 12 or 16`)
      );
    case "ptr":
    case "volatile":
    case "const":
    case "restrict":
      return mustBeUnnamed(type);
    case "array":
      return mustBeUnnamed(type) ?? mustBeCount("elements", type.nelems);
    case "func_proto":
      return mustBeUnnamed(type) ?? firstProblem(type.params, ({ name }) => nameProblem(name));
    case "struct":
    case "union":
      return mustBeCount("bytes", type.size) ?? firstProblem(type.members, (member) => memberProblem(type, member));
    case "enum":
      return (
        mustBePower(type.size, 8) ??
        firstProblem(type.values, ({ name, value }) =>
          valueProblem(name, value, Number.isInteger(value) && value >= INT_MIN && value <= UINT_MAX),
        )
      );
    case "enum64":
      return (
        mustBePower(type.size, 8) ??
        firstProblem(type.values, ({ name, value }) =>
          valueProblem(name, value, value >= INT64_MIN && value <= UINT64_MAX),
        )
      );
    case "datasec":
      return mustBeNamed(type) ?? mustBeCount("bytes", type.size) ?? firstProblem(type.vars, variableProblem);
    case "decl_tag":
      return mustBeNamed(type) ?? componentProblem(type.componentIdx);
    case "fwd":
    case "typedef":
    case "func":
    case "var":
    case "type_tag":
      return mustBeNamed(type);
  }
}

function firstProblem<T>(all: readonly T[], problem: (one: T) => string | undefined): string | undefined {
  for (const one of all) {
    const found = problem(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

function nameProblem(name: string): string | undefined {
  if (name.includes("\0")) return `has a NUL in the name ${JSON.stringify(name)}`;
  const bytes = new TextEncoder().encode(name).length;
  return bytes > LONGEST_NAME
    ? `has a name of ${bytes} bytes, more than any reader takes (${LONGEST_NAME})`
    : undefined;
}

function mustBeNamed({ name }: BtfType): string | undefined {
  return name === "" ? "needs a name" : undefined;
}

function mustBeUnnamed({ name }: BtfType): string | undefined {
  return name === "" ? undefined : "can't have a name";
}

function mustBePower(size: number, most: number): string | undefined {
  return size <= most && Number.isInteger(Math.log2(size)) && size >= 1
    ? undefined
    : `has ${size} bytes, not a power of two up to ${most}`;
}

function mustBeCount(what: string, count: number): string | undefined {
  return Number.isInteger(count) && count >= 0 && count <= UINT_MAX ? undefined : `has ${count} ${what}`;
}

/** Other bits than all of them are of the format's first days; kernel and libbpf still read them. */
function intProblem({ bits, offset, size }: { bits: number; offset: number; size: number }): string | undefined {
  return bits >= 0 && offset >= 0 && bits + offset <= size * 8
    ? undefined
    : `has ${bits} bits from bit ${offset} on in ${size} bytes`;
}

function memberProblem({ kind }: BtfType, { name, bitOffset, bitSize }: Member): string | undefined {
  const isBitField = bitSize > 0 || bitOffset % 8 !== 0;
  if (isBitField && !(bitSize >= 1 && bitSize <= 0xff && bitOffset >= 0 && bitOffset <= 0xff_ffff))
    return `has ${bitSize} bits at bit ${bitOffset} in its member "${name}"`;
  if (mustBeCount("", bitOffset) !== undefined) return `has its member "${name}" at bit ${bitOffset}`;
  if (kind === "union" && bitOffset !== 0)
    return `has its member "${name}" at bit ${bitOffset}, in a union all begin at 0`;
  return nameProblem(name);
}

function valueProblem(name: string, value: number | bigint, fits: boolean): string | undefined {
  if (name === "") return `needs a name for the value ${value}`;
  return fits ? nameProblem(name) : `has the value ${name} = ${value}, for which there is no room`;
}

function variableProblem({ type, offset, size }: { type: number; offset: number; size: number }): string | undefined {
  const fits = mustBeCount("", offset) === undefined && mustBeCount("", size) === undefined;
  return fits ? undefined : `has ${size} bytes at ${offset} for the variable [${type}]`;
}

function componentProblem(index: number): string | undefined {
  return Number.isInteger(index) && index >= -1 && index <= 0x7fff_ffff ? undefined : `is on the component ${index}`;
}

function refuse({ kind, name }: BtfType, problem: string, id?: number): never {
  const what = `${kind}${name === "" ? "" : ` ${JSON.stringify(name)}`}${id === undefined ? "" : ` [${id}]`}`;
  throw new CoreGenError("bad-input", `BTF can't be built: ${what} ${problem}`);
}
