import { isBig, type EnumDeclaration, type ScalarName, type Shape } from "./shape.ts";

/** The TypeScript type of a shape's values. */
export function typeText(shape: Shape): string {
  switch (shape.kind) {
    case "scalar":
      return scalarType(shape.scalar);
    case "tagged":
      return shape.type;
    case "text":
    case "restText":
      return "string";
    case "bytes":
    case "restBytes":
      return "Uint8Array";
    case "list":
    case "rest":
      return `${typeText(shape.element)}[]`;
    case "enum":
    case "record":
      return shape.declaration.name;
  }
}

/** The right-hand side of an enum's type: its values, and any other number, which a newer kernel or program may send. */
export function enumTypeText({ name, scalar }: EnumDeclaration): string {
  return `(typeof ${name})[keyof typeof ${name}] | (${scalarType(scalar)} & {})`;
}

function scalarType(scalar: ScalarName): "boolean" | "bigint" | "number" {
  if (scalar === "bool") return "boolean";
  return isBig(scalar) ? "bigint" : "number";
}
