import { arch } from "node:os";
import { symbolsIfReadable } from "./function-symbols.ts";

/** How the kernel begins the names of system calls whose arguments come in `struct pt_regs` (libbpf: `arch_specific_syscall_pfx`). */
const prefixes: Readonly<Record<string, string>> = { x64: "x64", arm64: "arm64", s390x: "s390x" };

/**
 * The function that is a system call: "__x64_sys_execve", or "__se_sys_execve" on kernels without such wrappers, before
 * 4.17 (libbpf: `bpf_program__attach_ksyscall`).
 */
export function syscallFunction(name: string): string {
  return hasSyscallWrapper() ? `__${prefixes[arch()]}_sys_${name}` : `__se_sys_${name}`;
}

/** Asked of the kernel's symbols: libbpf tries to set a kprobe there, which not every kernel can. */
export function hasSyscallWrapper(): boolean {
  const prefix = prefixes[arch()];
  return prefix !== undefined && symbolsIfReadable().includes(` __${prefix}_sys_bpf\n`);
}
