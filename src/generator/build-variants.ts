import type { MapRecords, RecordVariants } from "../object/record-info.ts";
import type { BuildContext } from "./build-context.ts";
import { emptyDeclaration, memberModel } from "./build-declarations.ts";
import { docComment } from "./docs.ts";
import { code, literalKey, pascalCase, propertyOf, quote, typeKey, UniqueNames } from "./names.ts";
import type { RecordType } from "./record-type.ts";
import { readField } from "./types/read.ts";
import { fieldsOf, isBig, type Field, type RecordDeclaration, type Shape } from "./types/shape.ts";

/** One struct that a record may be, told from the others by `labels`. */
interface Variant {
  readonly declaration: RecordDeclaration;
  /** TypeScript literals of the property that tells: `0`, `"exec_event"`. */
  readonly labels: readonly string[];
  /** Expressions for the `case`s of whatever tells the bytes apart. */
  readonly cases: readonly string[];
  /** Its variable in the view. */
  readonly local: string;
}

/** How records are told apart, in TypeScript. */
interface Telling {
  /** The property that is a literal type of its own in each variant. */
  readonly property: string;
  /** Whether it is a member in C. */
  readonly isMember: boolean;
  /** What is switched on. */
  readonly expression: string;
  /** So many bytes are read for that. */
  readonly needs: number;
  /** Whether programs send only the used part of a struct: what is missing is zeros then. */
  readonly isCut: boolean;
}

/**
 * A discriminated union of structs.
 *
 * A member that tells them apart is narrowed to the values that it has in each; records without such a member, or with
 * one in a struct of their own, get a property of ours, which no struct has. What is none of them keeps its bytes: a
 * program may be newer than the module.
 */
export function buildVariants(context: BuildContext, records: MapRecords, variants: RecordVariants): RecordType {
  const declarations = records.candidates.map((id) => recordOf(context.lowering.shapeOf(id, "")));
  const telling = tell(records, variants, declarations);
  const models = describe(context, records, variants, declarations, telling);
  const name = context.names.declare(`${pascalCase(records.map)}Record`);
  const unknown = telling.property === "bytes" ? "raw" : "bytes";
  const key = typeKey(telling.property);
  context.declare({
    ...emptyDeclaration,
    isVariants: true,
    name,
    doc: variantsDoc(records, variants, telling, unknown),
    variants: [...models.map((model) => typeOf(model, key)), `{ ${key}: undefined; ${unknown}: Uint8Array }`],
    reads: [
      ...switchOf(
        telling,
        models,
        (model) => readOf(model, telling),
        (size) => (telling.isCut ? `return ${name}.read(from.padded(at, ${size}), 0);` : "break;"),
      ),
      `return { ${literalKey(telling.property)}: undefined, ${unknown}: from.restBytes(at) };`,
    ],
    views: [
      ...models.map((model) => `const ${model.local} = { ${viewOf(model, telling)} } as ${typeOf(model, key)};`),
      "return () => {",
      "const { from, at } = view;",
      ...switchOf(
        telling,
        models,
        ({ local }) => local,
        () => "break;",
      ),
      `return ${name}.read(from, at);`,
      "};",
    ],
    writes: [
      `switch (${propertyOf("value", telling.property)}) {`,
      ...models.flatMap(({ labels, declaration }) => [
        ...labels.map((label) => `case ${label}:`),
        `${declaration.name}.write(to, at, value); return;`,
      ]),
      `default: to.setRestBytes(at, value.${unknown});`,
      "}",
    ],
  });
  return { type: name, codec: name };
}

function recordOf(shape: Shape): RecordDeclaration {
  // What flags name is a struct or union, and nothing else.
  if (shape.kind !== "record") throw new TypeError(`a record is no ${shape.kind}`);
  return shape.declaration;
}

function tell({ sizes }: MapRecords, variants: RecordVariants, declarations: readonly RecordDeclaration[]): Telling {
  const own = { property: freeProperty(declarations), isMember: false };
  if (variants.by === "size") return { ...own, expression: "from.end - at", needs: 0, isCut: false };
  const [first] = declarations;
  const field = first === undefined ? undefined : memberAt(first, variants.tag.split("."));
  if (field === undefined) throw new TypeError(`no member ${variants.tag}`);
  const isCut = sizes.some((sent) => sent === undefined || !declarations.some(({ size }) => size === sent));
  const tag = { expression: readField(field), needs: variants.tagEnd, isCut };
  return variants.tag.includes(".") ? { ...own, ...tag } : { property: variants.tag, isMember: true, ...tag };
}

/** A property that no member of the structs is called. */
function freeProperty(declarations: readonly RecordDeclaration[]): string {
  const names = new UniqueNames();
  for (const { name } of declarations.flatMap(fieldsOf)) names.take(name);
  const [type, recordType] = [names.take("type"), names.take("recordType")];
  return type === "type" ? type : recordType;
}

/** A member, or a member of a member; where it is counts from the outermost struct. */
function memberAt(declaration: RecordDeclaration, path: readonly string[]): Field | undefined {
  const [name, ...inner] = path;
  const field = fieldsOf(declaration).find((one) => one.name === name);
  if (field === undefined || inner.length === 0) return field;
  const found = field.shape.kind === "record" ? memberAt(field.shape.declaration, inner) : undefined;
  if (found === undefined) return undefined;
  const bits = found.bits === undefined ? undefined : { ...found.bits, offset: found.bits.offset + field.offset * 8 };
  return { ...found, offset: found.offset + field.offset, bits };
}

function describe(
  { types }: BuildContext,
  { candidates }: MapRecords,
  variants: RecordVariants,
  declarations: readonly RecordDeclaration[],
  telling: Telling,
): Variant[] {
  const names = new UniqueNames();
  return declarations.map((declaration, i) => {
    const name = names.take(types.type(candidates[i] ?? 0).name);
    const cases =
      variants.by === "size"
        ? [`${variants.lengths[i] ?? 0}`]
        : (variants.values[i] ?? []).map((value) => literalOf(declaration, variants.tag, value));
    return { declaration, cases, labels: telling.isMember ? cases : [quote(name)], local: `as${declaration.name}` };
  });
}

/** A value of a tag, as the member's type has it. */
function literalOf(declaration: RecordDeclaration, tag: string, value: bigint): string {
  const field = memberAt(declaration, tag.split("."));
  const scalar = field?.shape.kind === "enum" ? field.shape.declaration.scalar : field?.shape.kind === "scalar" ? field.shape.scalar : "u32"; // prettier-ignore
  if (scalar === "bool") return value === 0n ? "false" : "true";
  return isBig(scalar) ? `${value}n` : `${value}`;
}

function typeOf({ declaration, labels }: Variant, key: string): string {
  return `(${declaration.name} & { ${key}: ${labels.join(" | ")} })`;
}

function variantsDoc(records: MapRecords, variants: RecordVariants, telling: Telling, unknown: string): string {
  const how = variants.by === "size" ? "its length" : code(variants.tag);
  const which = telling.isMember ? "" : `, and ${code(telling.property)} tells`;
  return docComment(
    `One record of the buffer ${code(records.map)}: ${how} says which struct it is${which}.`,
    `A record that is none of them has ${code(`${telling.property}: undefined`)} and its ${code(unknown)}.`,
  );
}

/** The statements that return what `found` makes of the struct that a record is; `short` is for a record that ends too early. */
function switchOf(
  { expression, needs }: Telling,
  models: readonly Variant[],
  found: (model: Variant) => string,
  short: (size: number) => string,
): string[] {
  const cases = models.flatMap((model) => {
    const labels = model.cases.map((value) => `case ${value}:`);
    const { size } = model.declaration;
    if (needs === 0) return [...labels, `return ${found(model)};`];
    return [...labels, `if (from.end - at >= ${size}) return ${found(model)};`, short(size)];
  });
  const lines = [`switch (${expression}) {`, ...cases, "}"];
  return needs === 0 ? lines : [`if (from.end - at >= ${needs}) {`, ...lines, "}"];
}

function readOf(model: Variant, { property, isMember }: Telling): string {
  const { declaration } = model;
  if (isMember) return `${declaration.name}.read(from, at) as ${typeOf(model, typeKey(property))}`;
  const members = fieldsOf(declaration).map(memberModel);
  const reads = members.map(({ literalKey: key, read }) => `${key}: ${read}`);
  return `{ ${[`${literalKey(property)}: ${model.labels.join()}`, ...reads].join(", ")} }`;
}

function viewOf({ declaration, labels }: Variant, { property, isMember }: Telling): string {
  const getters = fieldsOf(declaration)
    .map(memberModel)
    .map(({ literalKey: key, read }) => `get ${key}() { const { from, at } = view; return ${read}; }`);
  return [...(isMember ? [] : [`${literalKey(property)}: ${labels.join()}`]), ...getters].join(", ");
}
