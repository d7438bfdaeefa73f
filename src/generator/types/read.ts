import type { BitField, Field, ScalarName, Shape } from "./shape.ts";

/** The expression that reads a field of the struct at `at`, out of the Memory `from`. */
export function readField(field: Field): string {
  return field.bits === undefined
    ? readShape(field.shape, plus("at", field.offset))
    : readBits(field.shape, field.bits);
}

/** The expression that reads a value of `shape` at the expression `at`. */
export function readShape(shape: Shape, at: string): string {
  switch (shape.kind) {
    case "scalar":
      return readScalar(shape.scalar, at);
    case "enum":
      return readScalar(shape.declaration.scalar, at);
    case "tagged":
      return `from.${shape.bigEndian ? "bigEndian." : ""}${shape.method}(${at})`;
    case "text":
      return `from.text(${at}, ${shape.size})`;
    case "bytes":
      return `from.slice(${at}, ${shape.size})`;
    case "list":
      return `from.list(${at}, ${shape.count}, ${shape.stride}, ${readerOf(shape.element)})`;
    case "rest":
      return `from.rest(${at}, ${shape.stride}, ${readerOf(shape.element)})`;
    case "restText":
      return `from.restText(${at})`;
    case "restBytes":
      return `from.restBytes(${at})`;
    case "record":
      return `${shape.declaration.name}.read(from, ${at})`;
  }
}

/** `at + 8`; `at` for 0. */
export function plus(at: string, offset: number): string {
  return offset === 0 ? at : `${at} + ${offset}`;
}

function readerOf(shape: Shape): string {
  return shape.kind === "record" ? `${shape.declaration.name}.read` : `(from, at) => ${readShape(shape, "at")}`;
}

function readScalar(scalar: ScalarName, at: string): string {
  return `from.${scalar === "pointer" ? "u64" : scalar}(${at})`;
}

function readBits(shape: Shape, { offset, size, signed, big }: BitField): string {
  const method = big ? (signed ? "signedBigBits" : "bigBits") : signed ? "signedBits" : "bits";
  const read = `from.${method}(at, ${offset}, ${size})`;
  return shape.kind === "scalar" && shape.scalar === "bool" ? `${read} !== 0` : read;
}
