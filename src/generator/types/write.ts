import { literalKey, propertyOf, quote } from "../names.ts";
import { plus } from "./read.ts";
import {
  fieldsOf,
  type BitField,
  type Field,
  type Overlay,
  type Part,
  type RecordDeclaration,
  type ScalarName,
  type Shape,
} from "./shape.ts";

/** The statement that stores a part of the struct `value` at `at`, into the Memory `to`. */
export function writePart(part: Part, record: RecordDeclaration): string {
  return part.kind === "field"
    ? `${writeField(part.field, propertyOf("value", part.field.name))};`
    : writeOverlay(part, record);
}

/** The expression that stores the value of the expression `value` at the expression `at`. */
export function writeShape(shape: Shape, at: string, value: string): string {
  switch (shape.kind) {
    case "scalar":
      return writeScalar(shape.scalar, at, value);
    case "enum":
      return writeScalar(shape.declaration.scalar, at, value);
    case "tagged":
      return `to.${shape.bigEndian ? "bigEndian." : ""}set${capital(shape.method)}(${at}, ${value})`;
    case "text":
      return `to.setText(${at}, ${shape.size}, ${value})`;
    case "bytes":
      return `to.setSlice(${at}, ${shape.size}, ${value})`;
    case "list":
      return `to.setList(${at}, ${shape.count}, ${shape.stride}, ${value}, ${writerOf(shape.element)})`;
    case "rest":
      return `to.setRest(${at}, ${shape.stride}, ${value}, ${writerOf(shape.element)})`;
    case "restText":
      return `to.setRestText(${at}, ${value})`;
    case "restBytes":
      return `to.setRestBytes(${at}, ${value})`;
    case "record":
      return `${shape.declaration.name}.write(to, ${at}, ${value})`;
  }
}

/** Members that share bytes are stored by the runtime, which checks that they agree; each is told where the overlay begins. */
function writeOverlay({ offset, size, fields }: Overlay, record: RecordDeclaration): string {
  const members = fields.map((field) => {
    return `${literalKey(field.name)}: (to, at, value) => { ${writeField(relativeTo(offset, field), "value")}; }`;
  });
  return `to.setUnion${membersOf(fields, record)}(${plus("at", offset)}, ${size}, value, { ${members.join(", ")} });`;
}

/**
 * Every object has a `toString`, which TypeScript would compare with the struct's own, were it not told which members the
 * overlay is about.
 */
function membersOf(fields: readonly Field[], record: RecordDeclaration): string {
  if (!fieldsOf(record).some(({ name }) => name in Object.prototype)) return "";
  return `<Pick<${record.name}, ${fields.map(({ name }) => quote(name)).join(" | ")}>>`;
}

function relativeTo(offset: number, field: Field): Field {
  const bits = field.bits === undefined ? undefined : { ...field.bits, offset: field.bits.offset - offset * 8 };
  return { ...field, offset: field.offset - offset, bits };
}

function writeField(field: Field, value: string): string {
  if (field.bits === undefined) return writeShape(field.shape, plus("at", field.offset), value);
  return writeBits(field.shape, field.bits, value);
}

function writeBits(shape: Shape, { offset, size, signed }: BitField, value: string): string {
  const stored = shape.kind === "scalar" && shape.scalar === "bool" ? `${value} ? 1 : 0` : value;
  return `to.${signed ? "setSignedBits" : "setBits"}(at, ${offset}, ${size}, ${stored})`;
}

function writerOf(shape: Shape): string {
  if (shape.kind === "record") return `${shape.declaration.name}.write`;
  return `(to, at, value) => { ${writeShape(shape, "at", "value")}; }`;
}

function writeScalar(scalar: ScalarName, at: string, value: string): string {
  return `to.set${scalar === "pointer" ? "U64" : capital(scalar)}(${at}, ${value})`;
}

function capital(method: string): string {
  return method.charAt(0).toUpperCase() + method.slice(1);
}
