import { join } from "node:path";
import { Project, ts, type CompilerOptions, type Diagnostic } from "ts-morph";

const root = join(import.meta.dirname, "../..");

/** The strictest a user may have. */
const options: CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ["node"],
  typeRoots: [join(root, "node_modules/@types")],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noPropertyAccessFromIndexSignature: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  isolatedDeclarations: true,
  declaration: true,
  erasableSyntaxOnly: true,
  skipLibCheck: true,
  noEmit: true,
  allowImportingTsExtensions: true,
  paths: { "core-gen/*": [join(root, "src/*/index.ts")] },
};

/** An error of the TypeScript compiler. */
export interface Problem {
  readonly code: number;
  readonly message: string;
}

/**
 * Compiles sources that exist in memory only, all in one program, and returns what is wrong with each, by its name.
 * Types of the project and of packages come from the disk.
 */
export function compile(sources: ReadonlyMap<string, string>): Map<string, readonly Problem[]> {
  const project = new Project({ compilerOptions: options, skipFileDependencyResolution: true });
  const files = [...sources].map(([name, text]) => {
    return [name, project.createSourceFile(join(import.meta.dirname, name), text, { overwrite: true })] as const;
  });
  return new Map(files.map(([name, file]) => [name, file.getPreEmitDiagnostics().map(asProblem)]));
}

function asProblem(diagnostic: Diagnostic): Problem {
  return {
    code: diagnostic.getCode(),
    message: ts.flattenDiagnosticMessageText(diagnostic.compilerObject.messageText, "\n"),
  };
}
