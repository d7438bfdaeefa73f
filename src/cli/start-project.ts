import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { CoreGenError } from "../errors.ts";
import { makeFolder } from "./make-folder.ts";
import { writeOutput } from "./write-output.ts";
import { manifestOf } from "./starter-manifest.ts";

/** What is copied, by its name in the project. */
const FILES: Readonly<Record<string, string>> = {
  "src/execs.bpf.c": "execs.bpf.c",
  "src/main.ts": "main.ts",
  "tsconfig.json": "tsconfig.json",
  // npm leaves a file called .gitignore out of packages.
  ".gitignore": "gitignore",
};

/** Files that a project may have already, which are then left as they are. */
const OPTIONAL = new Set([".gitignore", "tsconfig.json"]);

/**
 * Writes a project into `folder`, and gives the names of its files. A `package.json` that is there gets what it lacks.
 *
 * Throws a `CoreGenError`, and leaves everything as it was, when a file is there already or can't be written.
 */
export function startProject(folder: string): string[] {
  const contents = new Map(
    Object.entries(FILES)
      .filter(([name]) => !OPTIONAL.has(name) || !existsSync(join(folder, name)))
      .map(([name, template]) => [name, readTemplate(template)]),
  );
  for (const name of contents.keys()) if (existsSync(join(folder, name))) throw alreadyThere(folder, name);
  contents.set("package.json", manifestOf(folder));
  const made = new Set<string>();
  try {
    for (const [name, text] of contents) {
      const path = join(folder, name);
      const folderMade = makeFolder(dirname(path));
      if (folderMade !== undefined) made.add(folderMade);
      if (!existsSync(path)) made.add(path);
      writeOutput(path, text);
    }
  } catch (error) {
    for (const path of [...made].reverse()) rmSync(path, { recursive: true, force: true });
    throw error;
  }
  return [...contents.keys()].sort();
}

function readTemplate(name: string): string {
  return readFileSync(new URL(`../../templates/init/${name}`, import.meta.url), "utf8");
}

function alreadyThere(folder: string, name: string): CoreGenError {
  return new CoreGenError("bad-input", `starting a project in ${folder}: ${join(folder, name)} is there already`, {
    hints: ["Nothing was written. Name another folder: core-gen init my-tool, for example."],
  });
}
