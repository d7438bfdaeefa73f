import { skipModifiers } from "../btf/resolve.ts";
import type { Btf } from "../btf/btf.ts";
import type { Member } from "../btf/types.ts";
import type { BpfObject, MapDef, StructOpsDef } from "../object/model.ts";
import { isFunctionPointer } from "../object/struct-ops.ts";
import type { BuildContext } from "./build-context.ts";
import { bytes, docComment } from "./docs.ts";
import type { StructOpsMemberModel, StructOpsModel } from "./model.ts";
import { code, literalKey, literalSuffix, pascalCase, typeKey, uniqueByName } from "./names.ts";
import { cDeclaration } from "../btf/c-declaration.ts";
import { typeText } from "./types/print.ts";
import { isChar } from "./types/scalars.ts";
import { sizeOfShape, type Shape } from "./types/shape.ts";

/**
 * What can be set of the struct_ops maps of an object, before it is loaded: numbers, text and functions, as bpftool has
 * it (`walk_st_ops_shadow_vars`). `typeName` makes the name of a map's interface.
 */
export function buildStructOps(
  context: BuildContext,
  object: BpfObject,
  maps: readonly MapDef[],
  typeName: (map: string) => string,
): StructOpsModel[] {
  const { btf } = object;
  if (btf === undefined) return [];
  return maps.flatMap(({ name, structOps }) => {
    const struct = structOps && btf.type(structOps.typeId);
    if (structOps === undefined || struct?.kind !== "struct") return [];
    return [
      {
        doc: docComment(mapDoc(name, structOps, struct.name)),
        typeName: typeName(name),
        key: typeKey(name),
        literalKey: literalKey(name),
        suffix: literalSuffix(name),
        size: struct.size,
        members: uniqueByName(struct.members.filter(({ name }) => name !== "")).flatMap((member) =>
          buildMember(context, btf, member),
        ),
      },
    ];
  });
}

function mapDoc(name: string, { section }: StructOpsDef, struct: string): string {
  return `The members of ${code(name)} (${code(`struct ${struct}`)} in section ${code(section)}): set them between open and load.`;
}

/** Nothing for a member that can't be set. */
function buildMember(context: BuildContext, btf: Btf, member: Member): StructOpsMemberModel[] {
  const { name, type: typeId, bitOffset, bitSize } = member;
  if (bitSize !== 0 || bitOffset % 8 !== 0) return [];
  const c = code(cDeclaration(context.types, typeId, name));
  const key = { key: typeKey(name), literalKey: literalKey(name), suffix: literalSuffix(name), offset: bitOffset / 8 };
  if (isFunctionPointer(btf, typeId))
    return [{ ...key, doc: docComment(c), type: "OpenedProgram | null", codec: '"program"' }];
  if (!isValue(btf, typeId)) return [];
  const shape = context.lowering.shapeOf(typeId, pascalCase(name));
  if (!isOffered(shape)) return [];
  context.use(shape, `The type of the member ${code(name)}.`);
  const doc = docComment(`${c}, ${bytes(sizeOfShape(shape))}`);
  return [{ ...key, doc, type: typeText(shape), codec: context.codecs.codecOf(shape) }];
}

/** bpftool offers numbers and enums; `char name[16]`, by which many structs are registered, is offered here, too. */
function isValue(btf: Btf, typeId: number): boolean {
  const { type } = skipModifiers(btf, typeId);
  if (type.kind !== "array") return ["int", "float", "enum", "enum64"].includes(type.kind);
  const { type: element } = skipModifiers(btf, type.type);
  return element.kind === "int" && element.size === 1 && isChar(element);
}

/** Not what has no counterpart in TypeScript: `long double`. */
function isOffered({ kind }: Shape): boolean {
  return kind === "scalar" || kind === "enum" || kind === "text";
}
