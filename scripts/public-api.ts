/*
 * The public signatures of every entry of the package as text, so that a change of one shows up in review.
 *
 *   npm run public-api              writes test/golden/api/*.txt
 *   npm run public-api -- --check   writes nothing; exit status 1 when one differs
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Node, Project, ts, type SourceFile } from "ts-morph";

const root = join(import.meta.dirname, "..");
const folder = join(root, "test/golden/api");
const entries = new Map([
  ["core-gen", "src/index.ts"],
  ["core-gen-btf", "src/btf/index.ts"],
  ["core-gen-object", "src/object/index.ts"],
  ["core-gen-co-re", "src/co-re/index.ts"],
  ["core-gen-runtime", "src/runtime/index.ts"],
]);

const check = process.argv.includes("--check");
const declared = declarations();
const stale = [...entries].filter(
  ([name, source]) => !keep(join(folder, `${name}.txt`), describeEntry(declared, source)),
);
if (stale.length > 0) {
  const names = stale.map(([name]) => name).join(", ");
  console.error(`public-api: ${names} changed: run "npm run public-api", look at the diff, mention it in CHANGELOG.md`);
  process.exitCode = 1;
}

/** The .d.ts files of all sources, as tsc writes them: what a user's compiler sees. */
function declarations(): Project {
  const options = { noEmit: false, emitDeclarationOnly: true, declarationMap: false, sourceMap: false };
  const sources = new Project({ tsConfigFilePath: join(root, "tsconfig.build.json"), compilerOptions: options });
  const result = new Project({
    useInMemoryFileSystem: true,
    compilerOptions: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  });
  for (const { filePath, text } of sources.emitToMemory({ emitOnlyDtsFiles: true }).getFiles()) {
    result.createSourceFile(filePath.replace(join(root, "dist"), "/src"), text);
  }
  return result;
}

function describeEntry(project: Project, source: string): string {
  const entry = project.getSourceFileOrThrow(`/${source.replace(/\.ts$/u, ".d.ts")}`);
  return [...exportsOf(entry)].map(([name, text]) => `${name}\n${text}\n`).join("\n");
}

function exportsOf(entry: SourceFile): [string, string][] {
  const exported = [...entry.getExportedDeclarations()].sort(([a], [b]) => (a < b ? -1 : 1));
  return exported.map(([name, nodes]) => [name, nodes.map(signature).join("\n")]);
}

/** A declaration without its comments and private members, whose types nobody can see. */
function signature(node: Node): string {
  const text = (Node.isVariableDeclaration(node) ? node.getVariableStatementOrThrow() : node).getText();
  const lines = text.replaceAll(/\/\*\*[^]*?\*\//gu, "").split("\n");
  return lines.filter((line) => line.trim() !== "" && !/^\s*(?:#private|private )/u.test(line)).join("\n");
}

/** Whether the file holds `text`, or, when not checking, makes it so. */
function keep(path: string, text: string): boolean {
  if (!check) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, text);
    return true;
  }
  try {
    return readFileSync(path, "utf8") === text;
  } catch {
    return false;
  }
}
