import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";

/** Annotations of kernel code, which mean nothing to BPF programs that were copied from it. */
const SPARSE_WORDS = ["__user", "__kernel", "__iomem", "__percpu", "__rcu", "__force"];

/**
 * What clang is told for every program: optimized BPF with BTF and DWARF, for the registers and system calls of one
 * machine, without paths of this one in it.
 */
export function flagsFor(arch: string): string[] {
  return [
    "--target=bpf",
    "-g",
    "-O2",
    `-D__TARGET_ARCH_${machineOf(arch).macro}`,
    ...SPARSE_WORDS.map((word) => `-D${word}=`),
    `-fdebug-prefix-map=${process.cwd()}=.`,
    ...asmHeaders(arch).flatMap((folder) => ["-idirafter", folder]),
  ];
}

/** asm/types.h is where only a machine's own compiler looks. For another machine this one's will do: it is of integers. */
function asmHeaders(arch: string): string[] {
  const folders = [arch, process.arch].map((machine) => `/usr/include/${machineOf(machine).triplet}`);
  return [...new Set(folders)].filter((folder) => existsSync(folder));
}

/** What `bpf_tracing.h` of libbpf and Debian's folders call a machine that Node calls `arch`. */
function machineOf(arch: string): { macro: string; triplet: string } {
  switch (arch) {
    case "x64":
      return { macro: "x86", triplet: "x86_64-linux-gnu" };
    case "arm64":
      return { macro: "arm64", triplet: "aarch64-linux-gnu" };
    default:
      return { macro: arch, triplet: `${arch}-linux-gnu` };
  }
}

/**
 * Whether a header of kernel types has members without a name that are structs with one: Linux 6.19 is the first kernel
 * that is built with -fms-extensions, and clang skips such members without it.
 */
export function needsMsExtensions(includedFiles: readonly string[]): boolean {
  return includedFiles.some(
    (file) => basename(file) === "vmlinux.h" && /^\t+(?:struct|union) \w+;$/mu.test(readFileSync(file, "latin1")),
  );
}
