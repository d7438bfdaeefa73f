import { ts } from "ts-morph";

/** What a module may call while it is imported. */
const PURE = new Set(["text", "bytes", "defineSkeleton"]);
/** Names that a module may use and has not declared. */
const KNOWN = new Set(["Uint8Array", "URL", "Pick", "undefined", "const"]);

/**
 * What of a generated module's text is anything but imports of the runtime, types, and constants of values that are
 * written out: a statement that runs, a name that nobody declared, text that is put together. In words, for a test to show.
 */
export function findCode(text: string): string[] {
  const file = ts.createSourceFile("module.ts", text, ts.ScriptTarget.ESNext, true);
  const found = [...file.statements.flatMap(checkStatement), ...undeclared(file)];
  return found.map((node) => `${ts.SyntaxKind[node.kind]}: ${node.getText(file).slice(0, 80)}`);
}

function checkStatement(statement: ts.Statement): ts.Node[] {
  if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) return [];
  if (ts.isImportDeclaration(statement))
    return statement.moduleSpecifier.getText() === '"core-gen/runtime"' ? [] : [statement];
  if (!ts.isVariableStatement(statement) || (statement.declarationList.flags & ts.NodeFlags.Const) === 0)
    return [statement];
  return statement.declarationList.declarations.flatMap(({ initializer }) =>
    initializer === undefined ? [statement] : running(initializer),
  );
}

/** Parts of a constant that would run while the module is imported. */
function running(node: ts.Expression): ts.Node[] {
  if (ts.isAsExpression(node)) return running(node.expression);
  if (ts.isPrefixUnaryExpression(node)) return running(node.operand);
  if (ts.isArrayLiteralExpression(node)) return node.elements.flatMap(running);
  if (ts.isObjectLiteralExpression(node)) return node.properties.flatMap(runningProperty);
  if (ts.isCallExpression(node) && PURE.has(node.expression.getText())) return node.arguments.flatMap(running);
  // What a function does runs later; that it is of the module's own names is checked elsewhere.
  const written =
    ts.isLiteralExpression(node) || ts.isIdentifier(node) || ts.isArrowFunction(node) || isWord(node.kind);
  return written ? [] : [node];
}

function runningProperty(property: ts.ObjectLiteralElementLike): ts.Node[] {
  if (!ts.isPropertyAssignment(property)) return [property];
  const { name } = property;
  const computed = ts.isComputedPropertyName(name) && !ts.isStringLiteral(name.expression);
  return [...(computed ? [name] : []), ...running(property.initializer)];
}

function isWord(kind: ts.SyntaxKind): boolean {
  return [ts.SyntaxKind.TrueKeyword, ts.SyntaxKind.FalseKeyword, ts.SyntaxKind.NullKeyword].includes(kind);
}

/** Names that are used and nowhere declared, and the syntax that no generated function has. */
function undeclared(file: ts.SourceFile): ts.Node[] {
  const declared = new Set(KNOWN);
  const used: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    if (isDeclaring(node) && node.name !== undefined) declared.add(node.name.getText());
    if (ts.isIdentifier(node) && !isName(node)) used.push(node);
    if (ts.isTemplateExpression(node) || ts.isTaggedTemplateExpression(node)) used.push(node);
    if (
      node.kind === ts.SyntaxKind.ImportKeyword &&
      !ts.isMetaProperty(node.parent) &&
      !ts.isImportDeclaration(node.parent)
    )
      used.push(node);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return used.filter((node) => !ts.isIdentifier(node) || !declared.has(node.text));
}

type Declaring = ts.Node & { readonly name?: ts.Node };

function isDeclaring(node: ts.Node): node is Declaring {
  return (
    ts.isImportSpecifier(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isVariableDeclaration(node) ||
    ts.isBindingElement(node) ||
    ts.isParameter(node)
  );
}

/** Whether it is the name of a property, which says nothing about what the name stands for elsewhere. */
function isName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isMetaProperty(parent)) return true;
  const named =
    ts.isPropertyAccessExpression(parent) ||
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isGetAccessorDeclaration(parent);
  return named && parent.name === node;
}
