import { cTypeName } from "../btf/c-declaration.ts";
import type { TypeTable } from "../btf/types.ts";
import { code } from "./names.ts";
import { sizeOfShape, type Declaration, type Field, type TaggedShape } from "./types/shape.ts";

const DOC_COLUMNS = 96;

/** A doc comment of these lines, long ones wrapped. A line's C text must have gone through {@link code} or {@link commentText}. */
export function docComment(...lines: readonly string[]): string {
  const wrapped = lines.flatMap(wrap);
  const [only] = wrapped;
  if (wrapped.length === 1 && only !== undefined) return `/** ${only} */`;
  return ["/**", ...wrapped.map((line) => ` * ${line}`.trimEnd()), " */"].join("\n");
}

function wrap(line: string): string[] {
  const lines = [""];
  for (const word of line.split(" ")) {
    const last = lines[lines.length - 1] ?? "";
    if (last === "") lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= DOC_COLUMNS) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The doc of a struct's member: its C declaration and where it lies. */
export function fieldDoc(field: Field): string {
  return docComment(`${code(field.c)} ${placeOf(field)}`);
}

function placeOf({ bits, shape, offset }: Field): string {
  if (bits !== undefined) return `at bit ${bits.offset}`;
  switch (shape.kind) {
    case "rest":
    case "restText":
    case "restBytes":
      return `at ${offset}, up to the end of the record`;
    case "tagged":
      return `at ${offset}, ${bytes(shape.size)}: ${meaningOf(shape)}`;
    case "text":
      return `at ${offset}, ${bytes(shape.size)}: text up to the first NUL`;
    default:
      return `at ${offset}, ${bytes(sizeOfShape(shape))}`;
  }
}

/** What a decl tag says of the bytes. */
function meaningOf({ method, bigEndian }: TaggedShape): string {
  if (bigEndian) return "in network byte order";
  switch (method) {
    case "ipv4":
      return "an IPv4 address";
    case "ipv6":
      return "an IPv6 address";
    case "mac":
      return "a MAC address";
    case "ktime":
      return "nanoseconds since the machine started";
    default:
      return "less than 2 to the 53rd";
  }
}

/** The doc of a struct, union or enum: what it is for, when it is known, and what it is in C. */
export function declarationDoc({ c, size }: Declaration, roles: readonly string[]): string {
  const generated = `@generated from ${code(c)}, ${bytes(size)}`;
  return roles.length === 0 ? docComment(generated) : docComment(...roles, "", generated);
}

/** "`u32`", or how many bytes there are when no type is known. */
export function cTypeOrSize(types: TypeTable, typeId: number, size: number): string {
  return typeId === 0 ? bytes(size) : code(cTypeName(types, typeId));
}

/** "1 byte", "16 bytes". */
export function bytes(count: number): string {
  return count === 1 ? "1 byte" : `${count} bytes`;
}

/** "1 program", "2 programs". */
export function plural(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}
