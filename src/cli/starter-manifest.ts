import { existsSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { CoreGenError } from "../errors.ts";
import { ownVersion } from "../generator/version.ts";

type Manifest = Record<string, unknown>;

const SCRIPTS = {
  "build:bpf": "core-gen build src/*.bpf.c",
  build: "npm run build:bpf && tsc",
  start: "node dist/main.js",
};
const DEV_DEPENDENCIES = { "@types/node": "^20.19.0", typescript: "^6.0.0" };

/**
 * The text of the `package.json` of a project in `folder`: a new one, or the one that is there with what it lacks.
 *
 * Throws a `CoreGenError` for one that is no JSON, or that says that its modules are CommonJS.
 */
export function manifestOf(folder: string): string {
  const path = join(folder, "package.json");
  const old = existsSync(path) ? readManifest(path) : { name: nameOf(folder), version: "0.0.0", private: true };
  return `${JSON.stringify(
    {
      ...old,
      // The app awaits its events at the top level, which CommonJS has not.
      type: "module",
      scripts: withMissing(old["scripts"], SCRIPTS),
      dependencies: withMissing(old["dependencies"], { "core-gen": `^${ownVersion()}` }),
      devDependencies: withMissing(old["devDependencies"], DEV_DEPENDENCIES),
    },
    undefined,
    2,
  )}\n`;
}

function readManifest(path: string): Manifest {
  const parsed = parse(path);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new CoreGenError("bad-input", `reading ${path}: this is no package.json`);
  }
  const manifest = parsed as Manifest;
  if (manifest["type"] === "commonjs") {
    throw new CoreGenError("bad-input", `starting a project: ${path} says that its modules are CommonJS`, {
      hints: [
        "If nothing else in it needs that: npm pkg set type=module. Else name a new folder: core-gen init my-tool",
      ],
    });
  }
  return manifest;
}

function parse(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new CoreGenError("bad-input", `reading ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** What npm takes for a name, of a folder that may be called anything. */
function nameOf(folder: string): string {
  const name = basename(resolve(folder))
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/gu, "-")
    .replaceAll(/^-+|-+$/gu, "");
  return name === "" ? "bpf-tool" : name;
}

/** What is there stays: the user's own script of that name, another version. */
function withMissing(old: unknown, wanted: Readonly<Record<string, string>>): Record<string, unknown> {
  return { ...wanted, ...(typeof old === "object" && old !== null ? old : {}) };
}
