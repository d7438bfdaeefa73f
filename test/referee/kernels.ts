import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { Btf } from "../../src/btf/btf.ts";

/** The types of one kernel, in a file. */
export interface KernelBtf {
  /** "host", or architecture and version as `test/kernels/kernels.sh` calls them: "amd64 5.10". */
  readonly name: string;
  readonly path: string;
}

const HOST = "/sys/kernel/btf/vmlinux";
const cache =
  process.env["KERNELS_DIR"] ?? join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "test-kernels");

/** The running kernel, and those that test/kernels/kernels.sh has fetched; none is fetched here. */
export function kernelBtfs(): KernelBtf[] {
  const host = existsSync(HOST) ? [{ name: "host", path: HOST }] : [];
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
  }));
}

function folders(path: string): string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map(({ name }) => name);
}

/** The types of a kernel, read. */
export function readKernel({ name, path }: KernelBtf): Btf {
  return Btf.parse(readFileSync(path), { what: name });
}
