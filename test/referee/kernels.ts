import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { Btf } from "../../src/btf/btf.ts";
import type { RefereeOptions } from "./referee.ts";

/** The types of one kernel, in a file. */
export interface KernelBtf {
  /** "host", or architecture and version as `test/kernels/kernels.sh` calls them: "amd64 5.10". */
  readonly name: string;
  readonly path: string;
  /** Of machines with another byte order: libbpf takes it as a relocation target, as the whole kernel it crashes it. */
  readonly foreign: boolean;
}

const HOST = "/sys/kernel/btf/vmlinux";
const cache =
  process.env["KERNELS_DIR"] ?? join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "test-kernels");

/** The running kernel, and those that test/kernels/kernels.sh has fetched; none is fetched here. */
export function kernelBtfs(): KernelBtf[] {
  const host = existsSync(HOST) ? [{ name: "host", path: HOST, foreign: false }] : [];
  return [...host, ...folders(cache).flatMap((arch) => kernelsOf(arch))];
}

/** The kernels of one architecture: every version once, by its short name where it has one. */
function kernelsOf(arch: string): KernelBtf[] {
  const byPath = new Map<string, string>();
  // Short names are links to the folders with the full ones.
  for (const version of folders(join(cache, arch)).sort((a, b) => b.length - a.length)) {
    const folder = join(cache, arch, version);
    const file = readdirSync(folder).find((name) => name.endsWith(".btf"));
    if (file !== undefined) byPath.set(file, `${arch} ${version}`);
  }
  return [...byPath].map(([file, name]) => ({
    name,
    path: join(cache, arch, name.slice(arch.length + 1), file),
    foreign: arch === "s390x",
  }));
}

function folders(path: string): string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map(({ name }) => name);
}

/** What the types of a kernel are to a loader: relocation's target, and where attach targets are looked up. */
export interface KernelTypes {
  readonly target: Btf;
  readonly kernel: Btf;
}

/** The types of a kernel, read; those of a foreign one are the target of programs that run on this one. */
export function readKernel({ name, path, foreign }: KernelBtf): KernelTypes {
  const target = Btf.parse(readFileSync(path), { what: name });
  return { target, kernel: foreign ? Btf.parse(readFileSync(HOST), { what: "host" }) : target };
}

/** The same for the referee. */
export function asReferee({ path, foreign }: KernelBtf): Pick<RefereeOptions, "btf" | "kernel"> {
  return foreign ? { btf: path } : { kernel: path };
}
