import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";

import { generateSkeleton } from "../../../src/generator/index.ts";
import { objectsToCompare } from "../verdicts.ts";

/** Objects of bcc's libbpf-tools among the corpus: "libbpf-tools__opensnoop@384b8.o". */
const TOOL = /^libbpf-tools__(\w+)@/u;

/**
 * Writes the module of every tool of the corpus into `folder`, as `core-gen skel NAME.bpf.o` does, and beside them one
 * that gives them all to the checks in tools-suite.ts. Returns the path of that one.
 *
 * Throws an Error where the corpus was not fetched.
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
  const main = join(folder, "main.ts");
  writeFileSync(
    main,
    mainModule(
      folder,
      tools.map(({ name }) => name),
    ),
  );
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
