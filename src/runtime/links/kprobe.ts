import { CoreGenError } from "../../errors.ts";
import { nearNames } from "../../object/near-names.ts";
import { functionSymbols } from "../kernel/function-symbols.ts";
import { probePmu } from "../kernel/probe-pmu.ts";
import { syscallFunction } from "../kernel/syscall-wrapper.ts";
import { KernelError } from "../errors.ts";
import type { LoadedProgram } from "../load/types.ts";
import { EINVAL, ENOENT } from "../sys/errno.ts";
import type { Fd } from "../sys/fd.ts";
import { openPerfEvent } from "../sys/perf.ts";
import type { Link } from "./link.ts";
import { attachToPerfEvent } from "./perf-event-link.ts";

/**
 * Attaches a program to an instruction of the kernel, `FUNCTION` or `FUNCTION+OFFSET` (libbpf: `attach_kprobe`).
 *
 * Throws a `CoreGenError`: `bad-input` for a function that this kernel doesn't have, with names that are near, and a
 * `KernelError` for one that can't be probed.
 */
export function attachKprobe(loaded: LoadedProgram, place: string): Link {
  const [, name = "", offset = "0"] = /^([A-Za-z0-9_.]+)(?:\+(0x[0-9a-fA-F]+|\d+))?$/u.exec(place) ?? [];
  if (name === "") throw malformed(loaded, place, ["Write it so: do_exit, or do_exit+0x10."]);
  return attachAt(loaded, name, { offset: BigInt(offset), atReturn: false });
}

/** Attaches a program to the return of a function of the kernel (libbpf: `attach_kprobe`, a kretprobe). */
export function attachKretprobe(loaded: LoadedProgram, name: string): Link {
  if (!/^[A-Za-z0-9_.]+$/u.test(name)) throw malformed(loaded, name, ["A function returns, no place inside it does."]);
  return attachAt(loaded, name, { offset: 0n, atReturn: true });
}

/** Attaches a program to a system call by its name, "execve", whatever its function is called (libbpf: `attach_ksyscall`). */
export function attachKsyscall(loaded: LoadedProgram, name: string): Link {
  return attachKprobe(loaded, syscallFunction(name));
}

/** Attaches a program to the return of a system call (libbpf: `attach_ksyscall`). */
export function attachKretsyscall(loaded: LoadedProgram, name: string): Link {
  return attachKretprobe(loaded, syscallFunction(name));
}

interface Place {
  readonly offset: bigint;
  readonly atReturn: boolean;
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

function attachAt({ program, fd }: LoadedProgram, wanted: string, { offset, atReturn }: Place): Link {
  const name = presentName(wanted);
  const place = offset === 0n ? name : `${name}+0x${offset.toString(16)}`;
  const what = `program "${program.name}" at ${atReturn ? "the return of kernel function" : "kernel function"} ${place}`;
  return attachToPerfEvent(fd, openProbe(name, { offset, atReturn }, what), what);
}

function openProbe(name: string, { offset, atReturn }: Place, what: string): Fd {
  const { type, returnBit } = probePmu("kprobe");
  const config = atReturn ? 2 ** returnBit : 0;
  try {
    return openPerfEvent({ type, config, probed: name, probeOffset: offset }, -1, 0, `kernel function ${name}`);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    throw explained(error, name, what);
  }
}

function explained(error: KernelError, name: string, what: string): CoreGenError {
  if (error.errno === ENOENT) return unknownFunction(name, what, error);
  if (error.errno !== EINVAL) return error;
  return new KernelError({
    doing: `attaching ${what}`,
    syscall: error.syscall,
    errno: error.errno,
    meaning: "the kernel does not let this place be probed",
    hints: ["Functions that kprobes themselves run through are closed, and so are places inside an instruction."],
    cause: error,
  });
}

function unknownFunction(name: string, what: string, cause: CoreGenError): CoreGenError {
  const near = nearNames(name, functionSymbols());
  return new CoreGenError("bad-input", `attaching ${what}: this kernel has no function of that name`, {
    cause,
    hints: [
      ...(near.length > 0 ? [`Near it: ${near.join(", ")}.`] : []),
      ...(name.includes("sys_") ? ['System calls by name, on every kernel: SEC("ksyscall/execve").'] : []),
      "The compiler may have put it into its callers: then it has no place of its own.",
    ],
  });
}

function malformed({ program }: LoadedProgram, place: string, hints: readonly string[]): CoreGenError {
  const message = `attaching program "${program.name}": "${place}" is no place in the kernel`;
  return new CoreGenError("bad-input", message, { hints });
}
