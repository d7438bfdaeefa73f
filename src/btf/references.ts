import type { ByteReader } from "./bytes.ts";
import { kindOf, TYPE_SIZE, vlenOf } from "./index/offsets.ts";
import { kinds } from "./types.ts";

/** Told of every place in a type's bytes that refers to something else, in bytes from the start of the data. */
export interface ReferenceVisitor {
  /** Four bytes with the id of a type. */
  id(at: number): void;
  /** Four bytes with the offset of a string. */
  string(at: number): void;
}

/** Visits all that the type at byte `at` refers to (libbpf: `btf_field_iter`). Kinds newer than we are have a name, as far as we know. */
export function visitReferences(file: ByteReader, at: number, visitor: ReferenceVisitor): void {
  const info = file.u32(at + 4);
  const after = at + TYPE_SIZE;
  const each = (size: number, visit: (element: number) => void): void => {
    for (let index = 0; index < vlenOf(info); index++) visit(after + index * size);
  };
  visitor.string(at);
  switch (kinds[kindOf(info)] ?? "void") {
    case "ptr":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
    case "func":
    case "var":
    case "decl_tag":
    case "type_tag":
      visitor.id(at + 8);
      break;
    case "array":
      visitor.id(after);
      visitor.id(after + 4);
      break;
    case "struct":
    case "union":
      each(12, (member) => {
        visitor.string(member);
        visitor.id(member + 4);
      });
      break;
    case "enum":
      each(8, (value) => visitor.string(value));
      break;
    case "enum64":
      each(12, (value) => visitor.string(value));
      break;
    case "func_proto":
      visitor.id(at + 8);
      each(8, (param) => {
        visitor.string(param);
        visitor.id(param + 4);
      });
      break;
    case "datasec":
      each(12, (variable) => visitor.id(variable));
      break;
    case "void":
    case "int":
    case "fwd":
    case "float":
      break;
  }
}
