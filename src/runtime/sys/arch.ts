import { CoreGenError } from "../../errors.ts";

/** The numbers of the system calls that the C library has no functions for. */
export interface SyscallNumbers {
  readonly bpf: number;
  readonly perfEventOpen: number;
}

/** These have the same number on every architecture: they are younger than the common numbering (Linux 5.2). */
export const SYS_FSOPEN = 430;
export const SYS_FSCONFIG = 431;
export const SYS_FSMOUNT = 432;
export const SYS_PIDFD_OPEN = 434;

/** By `process.arch`. arm64, riscv64 and loong64 share the kernel's generic table, `asm-generic/unistd.h`. */
const numbers: ReadonlyMap<string, SyscallNumbers> = new Map([
  ["x64", { bpf: 321, perfEventOpen: 298 }],
  ["arm64", { bpf: 280, perfEventOpen: 241 }],
  ["riscv64", { bpf: 280, perfEventOpen: 241 }],
  ["loong64", { bpf: 280, perfEventOpen: 241 }],
  ["s390x", { bpf: 351, perfEventOpen: 331 }],
  ["ppc64", { bpf: 361, perfEventOpen: 319 }],
]);

/** The system call numbers of this machine. Throws a `CoreGenError` on an architecture that has no entry. */
export function syscallNumbers(arch: string = process.arch): SyscallNumbers {
  const found = numbers.get(arch);
  if (found === undefined) {
    throw new CoreGenError("unsupported", `the system call numbers of the architecture ${arch} are not known`, {
      hints: [`Known: ${[...numbers.keys()].join(", ")}.`],
    });
  }
  return found;
}
