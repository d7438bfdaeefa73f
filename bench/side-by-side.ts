import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { buildSync } from "esbuild";

import { libbpf } from "../test/referee/referee.ts";

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Runs `use` with a folder for programs, which is removed afterwards. It is below node_modules, from where koffi is found. */
export function withBenchFolder(use: (folder: string) => void): void {
  const cache = file("../node_modules/.cache/core-gen");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "bench-"));
  try {
    use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The program bench/NAME.c with libbpf, built into `folder`; its path. Needs gcc and `npm run referee:build`. */
export function compileTheirs(name: string, folder: string): string {
  const out = join(folder, name);
  const { include, archive } = libbpf();
  // isoc23.c: that libbpf.a may be built against a newer libc than this machine's.
  const sources = [file(`${name}.c`), file("../test/referee/isoc23.c")];
  // load.c has a bpf() of its own, which libbpf finds when the program exports it.
  execFileSync("gcc", ["-O2", "-rdynamic", "-o", out, ...sources, `-I${include}`, archive, "-lelf", "-lz", "-ldl"]);
  return out;
}

/** bench/NAME-once.ts as one file of JavaScript in `folder`, as the package's are; its path. */
export function bundleOurs(name: string, folder: string): string {
  const outfile = join(folder, `${name}.mjs`);
  const options = { bundle: true, format: "esm", platform: "node", target: "node20.19", packages: "external" } as const;
  buildSync({ ...options, entryPoints: [file(`${name}-once.ts`)], outfile });
  return outfile;
}
