import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";

import { generateSkeleton } from "../../../src/generator/index.ts";
import { objectsToCompare } from "../verdicts.ts";

const root = join(import.meta.dirname, "../../..");

/** Objects of bcc's libbpf-tools among the corpus: "libbpf-tools__opensnoop@384b8.o". */
const TOOL = /^libbpf-tools__(\w+)@/u;

/**
 * Writes the module of every tool of the corpus into `folder`, as `core-gen skel NAME.bpf.o` does, and beside them one
 * that gives them all to the checks in tools-suite.ts. Returns the path of that one.
 *
 * Throws an Error where the corpus was not fetched, and where the checks take a tool for something else than its module
 * says that it is.
 */
export async function makeSkeletons(folder: string): Promise<string> {
  const tools = objectsToCompare().flatMap((path) => {
    const name = TOOL.exec(basename(path))?.[1];
    return name === undefined ? [] : [{ name, path }];
  });
  if (tools.length === 0) throw new Error("the corpus with bcc's tools is not there: npm run referee:build");
  mkdirSync(folder, { recursive: true });
  for (const { name, path } of tools) {
    const { text } = await generateSkeleton(readFileSync(path), { fileName: `${name}.bpf.o` });
    writeFileSync(join(folder, `${name}.skel.ts`), text);
  }
  const names = tools.map(({ name }) => name);
  const main = join(folder, "main.ts");
  writeFileSync(main, mainModule(folder, names));
  checkTypes(folder);
  return main;
}

function mainModule(folder: string, names: readonly string[]): string {
  const suite = relative(folder, join(import.meta.dirname, "../tools-suite.ts"));
  return [
    `import { checkTools } from ${JSON.stringify(suite)};`,
    ...names.map((name) => `import { ${name} } from "./${name}.skel.ts";`),
    `const tools = { ${names.join(", ")} };`,
    "await checkTools(tools);",
    "",
  ].join("\n");
}

/** The compiler says whether the modules fit what the checks use of them, as it would to anybody who imports them. */
function checkTypes(folder: string): void {
  const config = { extends: relative(folder, join(root, "tsconfig.json")), include: [], files: ["main.ts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const { status, stdout } = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", folder], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the checks do not fit the modules of the tools:\n${stdout}`);
}
