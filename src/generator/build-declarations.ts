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

/** What the types of a module are for, in sentences: "One record of the ring buffer `events`." */
export type Roles = ReadonlyMap<Declaration, readonly string[]>;

/** The declarations that the shapes need, each before those that only it needs. */
export function buildDeclarations(shapes: Iterable<Shape>, roles: Roles): DeclarationModel[] {
  const needed = new Set<Declaration>();
  for (const shape of shapes) collect(shape, needed);
  return [...needed].map((declaration) => {
    const doc = declarationDoc(declaration, roles.get(declaration) ?? []);
    return declaration.kind === "enum" ? enumModel(declaration, doc) : recordModel(declaration, doc);
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

function recordModel(declaration: RecordDeclaration, doc: string): DeclarationModel {
  const { name, size, parts } = declaration;
  const members = fieldsOf(declaration).map(memberModel);
  // What is not covered by a member is padding: keys of maps must compare equal.
  const writes = [`to.clear(at, ${size});`, ...parts.map(writePart)];
  return { ...emptyDeclaration, doc, name, size, members, writes };
}

function memberModel(field: Field): MemberModel {
  return {
    doc: fieldDoc(field),
    key: typeKey(field.name),
    literalKey: literalKey(field.name),
    type: typeText(field.shape),
    read: readField(field),
  };
}

/** What a declaration of the other form leaves empty. */
export const emptyDeclaration: Pick<
  DeclarationModel,
  "isEnum" | "enumType" | "values" | "size" | "members" | "writes"
> = {
  isEnum: false,
  enumType: "",
  values: [],
  size: 0,
  members: [],
  writes: [],
};
