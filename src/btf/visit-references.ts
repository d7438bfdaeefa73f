import type { ByteReader } from "./bytes.ts";
import { fieldsOf, type Word } from "./fields.ts";
import { kindOf, TYPE_SIZE, vlenOf } from "./index/offsets.ts";

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
  visitor.string(at);
  const fields = fieldsOf(kindOf(info));
  if (fields === undefined) return;
  let next = at + TYPE_SIZE;
  const visitAll = (words: readonly Word[]): void => {
    for (const word of words) {
      visit(word, next, visitor);
      next += 4;
    }
  };
  visit(fields.third, at + 8, visitor);
  visitAll(fields.once);
  if (fields.element.length > 0) for (let left = vlenOf(info); left > 0; left--) visitAll(fields.element);
}

function visit(word: Word, at: number, visitor: ReferenceVisitor): void {
  switch (word) {
    case "name":
      visitor.string(at);
      break;
    case "type":
      visitor.id(at);
      break;
    case "number":
      break;
  }
}
