import { CoreGenError } from "../../errors.ts";
import { functionSymbols } from "../kernel/function-symbols.ts";
import { syscallFunction } from "../kernel/syscall-wrapper.ts";
import { whyNotTraceable } from "../kernel/why-not-traceable.ts";
import { KernelError } from "../errors.ts";
import type { LoadedProgram } from "../load/types.ts";
import { EADDRNOTAVAIL, EILSEQ, EINVAL, ENOENT, EOPNOTSUPP } from "../sys/errno.ts";
import type { Link } from "./link.ts";
import { attachToProbe, type ProbeMode } from "./probe.ts";
import { isForReturns, readOffset } from "./probe-options.ts";

/** Where in the kernel a probe goes. */
export interface KprobeOptions {
  /** The function's name as in /proc/kallsyms, "do_exit"; of a module also "MODULE:FUNCTION". */
  readonly function: string;
  /** In bytes from the function's start, where an instruction begins; 0 at its return. */
  readonly offset?: number | bigint | undefined;
  /** At the function's return. Left out, as the section says: SEC("kretprobe") is for returns. */
  readonly return?: boolean | undefined;
  /** What `bpf_get_attach_cookie` returns at this probe; needs Linux 5.15. */
  readonly cookie?: bigint | undefined;
  /** How the probe is set; left out, as the kernel can. */
  readonly mode?: ProbeMode | undefined;
}

/** Which system call a probe is for. */
export interface KsyscallOptions {
  /** As in the manual: "execve". */
  readonly name: string;
  /** At the call's return. Left out, as the section says: SEC("kretsyscall") is for returns. */
  readonly return?: boolean | undefined;
  /** What `bpf_get_attach_cookie` returns at this probe; needs Linux 5.15. */
  readonly cookie?: bigint | undefined;
}

/**
 * Attaches a program to an instruction of the kernel, or to the return of a function (libbpf:
 * `bpf_program__attach_kprobe_opts`).
 *
 * Throws a `CoreGenError`: `bad-input` for a function that this kernel doesn't have, with names that are near, and a
 * `KernelError` for one that can't be probed.
 */
export function attachKprobe(loaded: LoadedProgram, options: KprobeOptions): Link {
  const { program, fd } = loaded;
  const { cookie, mode } = options;
  const atReturn = options.return ?? isForReturns(loaded);
  const doing = `attaching program "${program.name}"`;
  const offset = readOffset(options.offset, doing);
  if (!/^(?:[\w-]+:)?[\w.$]+$/u.test(options.function)) throw malformed(doing, options.function);
  if (atReturn && offset !== 0n) {
    throw new CoreGenError("bad-input", `${doing}: at the return of ${options.function} there is no offset`, {
      hints: ["A function returns, no place inside it does."],
    });
  }
  const name = presentName(options.function);
  const place = `kernel function ${offset === 0n ? name : `${name}+0x${offset.toString(16)}`}`;
  const what = `program "${program.name}" at ${atReturn ? "the return of " : ""}${place}`;
  try {
    return attachToProbe(fd, { kind: "kprobe", probed: name, offset, atReturn, cookie, mode }, place, what);
  } catch (error) {
    throw error instanceof KernelError ? explained(error, name, what) : error;
  }
}

/** Attaches a program to a system call, whatever its function is called (libbpf: `bpf_program__attach_ksyscall`). */
export function attachKsyscall(loaded: LoadedProgram, { name, ...options }: KsyscallOptions): Link {
  if (!/^\w+$/u.test(name)) {
    throw new CoreGenError(
      "bad-input",
      `attaching program "${loaded.program.name}": "${name}" is no name of a system call`,
      { hints: ['For example "execve".'] },
    );
  }
  return attachKprobe(loaded, { function: syscallFunction(name), ...options });
}

/**
 * `sys_execve` was a function until Linux 4.17, and many programs and books still say so: then it is the function that the
 * system call is now, which takes its arguments in a `struct pt_regs`, and a warning says so.
 */
function presentName(name: string): string {
  const call = /^sys_(\w+)$/u.exec(name)?.[1];
  const names = call === undefined ? [] : functionSymbols();
  const present = call === undefined || names.includes(name) ? name : syscallFunction(call);
  if (present === name || !names.includes(present)) return name;
  process.emitWarning(
    `core-gen attaches to ${present}: this kernel has no function ${name}. Its arguments are in a struct pt_regs, which SEC("ksyscall/${call}") reads right.`,
  );
  return present;
}

/** What the kernel says of a place that it does not probe; tracefs may say EADDRNOTAVAIL of a name that there is twice. */
const aboutThePlace: readonly number[] = [ENOENT, EINVAL, EADDRNOTAVAIL, EILSEQ, EOPNOTSUPP];

function explained(error: KernelError, name: string, what: string): CoreGenError {
  if (!aboutThePlace.includes(error.errno)) return error;
  const { reason, hints } = whyNotTraceable(name);
  const doing = `attaching ${what}`;
  if (reason !== undefined) return new CoreGenError("bad-input", `${doing}: ${reason}`, { cause: error, hints });
  return new KernelError({
    doing,
    syscall: error.syscall,
    errno: error.errno,
    meaning: "the kernel does not let this place be probed",
    hints: ["Functions that kprobes themselves run through are closed, and so are places inside an instruction."],
    cause: error,
  });
}

function malformed(doing: string, name: string): CoreGenError {
  return new CoreGenError("bad-input", `${doing}: "${name}" is no name of a function of the kernel`, {
    hints: ['For example "do_exit"; "nf_tables:nft_do_chain" for one of a module.'],
  });
}
