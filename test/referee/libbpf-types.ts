import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";

import { beforeAll } from "vitest";

import { libbpf } from "./referee.ts";

/** Runs btf-types.c, which see, with these arguments; whether libbpf did what it was asked to. */
export type AskLibbpf = (...args: readonly string[]) => boolean;

/** Compiles btf-types.c into `folder` before the tests of this file. */
export function libbpfTypes(folder: string): AskLibbpf {
  const program = join(folder, "btf-types");
  beforeAll(() => {
    const sources = ["btf-types.c", "isoc23.c"].map((file) => join(import.meta.dirname, file));
    const { include, archive } = libbpf();
    execFileSync("gcc", ["-O2", "-o", program, ...sources, `-I${include}`, archive, "-lelf", "-lz"]);
  });
  return (...args) => {
    const { error, status, signal } = spawnSync(program, args, { encoding: "utf8" });
    if (error) throw error;
    if (status === null) throw new Error(`btf-types ${args.join(" ")}: ${signal}`);
    return status === 0;
  };
}
