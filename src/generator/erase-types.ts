/**
 * A generated module as JavaScript: its types are blanked out, so that every line and column stays where it was.
 *
 * Only for what the templates print, which is TypeScript with nothing but types on top.
 */
export async function eraseTypes(source: string): Promise<string> {
  const { parsers } = await import("prettier/plugins/babel");
  // prettier's parsers take the options of formatting, and this one reads none of them.
  const tree: unknown = parsers["babel-ts"].parse(source, {} as never);
  let erased = "";
  let done = 0;
  for (const [start, end] of [...typeRanges(tree)].sort(([a], [b]) => a - b)) {
    erased += source.slice(done, start) + source.slice(start, end).replaceAll(/[^\n]/gu, " ");
    done = end;
  }
  return erased + source.slice(done);
}

/** A node of the syntax tree, as far as it is read here. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly importKind?: string;
  readonly exportKind?: string;
  readonly expression?: Node;
}

type Range = readonly [start: number, end: number];

function* typeRanges(value: unknown): Generator<Range> {
  if (Array.isArray(value)) {
    for (const one of value) yield* typeRanges(one);
  } else if (isNode(value)) {
    if (isType(value)) {
      yield [value.start, value.end];
      return;
    }
    if (saysTypeBehind(value)) {
      yield [value.expression.end, value.end];
      yield* typeRanges(value.expression);
      return;
    }
    for (const [key, child] of Object.entries(value)) if (key !== "loc" && key !== "extra") yield* typeRanges(child);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

/** `x as T`, `x!` */
function saysTypeBehind(node: Node): node is Node & { readonly expression: Node } {
  return (node.type === "TSAsExpression" || node.type === "TSNonNullExpression") && node.expression !== undefined;
}

function isType({ type, importKind, exportKind }: Node): boolean {
  switch (type) {
    case "TSTypeAnnotation":
    case "TSTypeParameterInstantiation":
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      return true;
    case "ImportDeclaration":
      return importKind === "type";
    case "ExportNamedDeclaration":
      return exportKind === "type";
    default:
      return false;
  }
}
