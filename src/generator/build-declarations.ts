import { declarationDoc, fieldDoc } from "./docs.ts";
import type { DeclarationModel, MemberModel } from "./model.ts";
import { literalKey, typeKey } from "./names.ts";
import { enumTypeText, typeText } from "./types/print.ts";
import { readField } from "./types/read.ts";
import {
  fieldsOf,
  type Declaration,
  type EnumDeclaration,
  type Field,
  type RecordDeclaration,
  type Shape,
} from "./types/shape.ts";
import { writePart } from "./types/write.ts";

/** The types that a module needs. */
export interface NeededTypes {
  readonly shapes: Iterable<Shape>;
  /** What they are for, in sentences: "One record of the ring buffer `events`." */
  readonly roles: ReadonlyMap<Declaration, readonly string[]>;
  /** The structs whose members are read when they are asked for. */
  readonly viewed: ReadonlySet<Declaration>;
}

/** The declarations that the shapes need, each before those that only it needs. */
export function buildDeclarations({ shapes, roles, viewed }: NeededTypes): DeclarationModel[] {
  const needed = new Set<Declaration>();
  for (const shape of shapes) collect(shape, needed);
  return [...needed].map((declaration) => {
    const doc = declarationDoc(declaration, roles.get(declaration) ?? []);
    if (declaration.kind === "enum") return enumModel(declaration, doc);
    return recordModel(declaration, doc, viewed.has(declaration));
  });
}

function collect(shape: Shape, into: Set<Declaration>): void {
  if (shape.kind === "list" || shape.kind === "rest") collect(shape.element, into);
  if (shape.kind !== "enum" && shape.kind !== "record") return;
  if (into.has(shape.declaration)) return;
  into.add(shape.declaration);
  if (shape.declaration.kind === "record") for (const field of fieldsOf(shape.declaration)) collect(field.shape, into);
}

function enumModel(declaration: EnumDeclaration, doc: string): DeclarationModel {
  const values = declaration.values.map(({ name, value }) => {
    return { key: literalKey(name), value: typeof value === "bigint" ? `${value}n` : `${value}` };
  });
  return {
    ...emptyDeclaration,
    isEnum: true,
    doc,
    name: declaration.name,
    enumType: enumTypeText(declaration),
    values,
  };
}

function recordModel(declaration: RecordDeclaration, doc: string, isViewed: boolean): DeclarationModel {
  const { name, size, parts } = declaration;
  const members = fieldsOf(declaration).map(memberModel);
  // What is not covered by a member is padding: keys of maps must compare equal.
  const writes = [`to.clear(at, ${size});`, ...parts.map((part) => writePart(part, declaration))];
  return { ...emptyDeclaration, doc, name, size, members, isViewed, writes };
}

export function memberModel(field: Field): MemberModel {
  return {
    doc: fieldDoc(field),
    key: typeKey(field.name),
    literalKey: literalKey(field.name),
    type: typeText(field.shape),
    read: readField(field),
  };
}

/** What declarations of the other forms leave empty. */
export const emptyDeclaration: Omit<DeclarationModel, "doc" | "name"> = {
  isEnum: false,
  isVariants: false,
  enumType: "",
  values: [],
  size: 0,
  members: [],
  isViewed: false,
  variants: [],
  reads: [],
  views: [],
  writes: [],
};
