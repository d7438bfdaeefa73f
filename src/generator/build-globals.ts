import type { DataSection, MapDef, Variable } from "../object/model.ts";
import type { BuildContext } from "./build-context.ts";
import { bytes, docComment } from "./docs.ts";
import type { GlobalsModel, VariableModel } from "./model.ts";
import {
  camelCase,
  code,
  literalKey,
  literalSuffix,
  pascalCase,
  quote,
  typeKey,
  UniqueNames,
  uniqueByName,
} from "./names.ts";
import { cDeclaration } from "../btf/c-declaration.ts";
import { delegateRead, delegateWrite } from "./types/codecs.ts";
import { applyHint } from "./types/hints.ts";
import { typeText } from "./types/print.ts";
import { sizeOfShape, type Shape } from "./types/shape.ts";

/** The sections of global data that have variables an app may see; `typeName` makes the name of a section's interface. */
export function buildGlobals(
  context: BuildContext,
  maps: readonly MapDef[],
  typeName: (ident: string) => string,
): GlobalsModel[] {
  const idents = new UniqueNames();
  return maps.flatMap(({ data: ofItsOwn, arenaData }) => {
    const data = ofItsOwn ?? arenaData;
    if (data === undefined) return [];
    const variables = uniqueByName(data.variables.filter(({ exported }) => exported));
    if (variables.length === 0) return [];
    const ident = idents.take(data.ident);
    return [
      {
        doc: docComment(sectionDoc(data)),
        typeName: typeName(ident),
        key: typeKey(ident),
        section: quote(data.section),
        size: data.contents.length,
        variables: variables.map((variable) => buildVariable(context, variable)),
      },
    ];
  });
}

function sectionDoc({ kind, section }: DataSection): string {
  switch (kind) {
    case "rodata":
      return `Read-only data, section ${code(section)}: set it between open and load.`;
    case "data":
      return `Data, section ${code(section)}.`;
    case "bss":
      return `Data that begins as zeros, section ${code(section)}.`;
    case "kconfig":
      return `What the kernel says of itself, section ${code(section)}: filled in by load(), read-only.`;
    case "arena":
      return "Variables in the arena (`__arena`), which programs and the app share.";
  }
}

function buildVariable(context: BuildContext, variable: Variable): VariableModel {
  const { name, offset, size, typeId } = variable;
  const shape = variableShape(context, variable);
  context.use(shape, `The type of the variable ${code(name)}.`);
  return {
    doc: docComment(`${code(cDeclaration(context.types, typeId, name))} at ${offset}, ${bytes(size)}`),
    key: typeKey(name),
    literalKey: literalKey(name),
    suffix: literalSuffix(name),
    type: typeText(shape),
    offset,
    codec: variableCodec(context, variable, shape),
  };
}

function variableCodec({ codecs }: BuildContext, { name, size }: Variable, shape: Shape): string {
  const codec = codecs.codecOf(shape);
  if (shape.kind !== "record" || shape.declaration.size >= size) return codec;
  // A struct with a flexible array that has elements: only the variable knows how many.
  const expression = `{ size: ${size}, ${delegateRead(codec)}, ${delegateWrite(codec)} }`;
  return codecs.declare(`${camelCase(name)}Codec`, typeText(shape), expression);
}

function variableShape({ lowering }: BuildContext, { name, typeId, varId, size }: Variable): Shape {
  const where = `the variable ${name}`;
  const hint = lowering.hints.of(varId, -1, where);
  const plain = lowering.shapeOf(typeId, pascalCase(name));
  const shape = hint === undefined ? plain : applyHint(plain, hint, where);
  // A type without a size, and one that is larger than its variable: only bytes can be told.
  return sizeOfShape(shape) === 0 || sizeOfShape(shape) > size ? { kind: "bytes", size } : shape;
}
