import { CoreGenError, isCoreGenError } from "../../errors.ts";
import { kernelBtf } from "../kernel/btf.ts";
import { rawTracepointNames } from "../../co-re/attach-target.ts";
import type { LoadedProgram } from "../load/types.ts";
import { nearNames } from "../../object/near-names.ts";
import { KernelError } from "../errors.ts";
import { Attr, bpf, BPF_RAW_TRACEPOINT_OPEN, commandName } from "../sys/bpf.ts";
import { ENOENT } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { Link } from "./link.ts";

/** Attaches a program to the raw tracepoint `name` (libbpf: `bpf_program__attach_raw_tracepoint`). */
export function attachRawTracepoint({ program, fd }: LoadedProgram, name: string): Link {
  const what = `program "${program.name}" at raw tracepoint ${name}`;
  const result = bpf(BPF_RAW_TRACEPOINT_OPEN, new Attr(16).text(0, name).u32(8, fd.number));
  if (result >= 0) return new Link(what, new Fd(result, `the link of ${what}`));
  if (result === -ENOENT) throw unknownTracepoint(what, name);
  throw new KernelError({
    doing: `attaching ${what}`,
    syscall: "bpf",
    command: commandName(BPF_RAW_TRACEPOINT_OPEN),
    errno: -result,
  });
}

function unknownTracepoint(what: string, name: string): CoreGenError {
  const near = nearNames(name, knownNames());
  return new CoreGenError("bad-input", `attaching ${what}: this kernel has no tracepoint of that name`, {
    hints: [
      ...(near.length > 0 ? [`Near it: ${near.join(", ")}.`] : []),
      'A raw tracepoint has no category: SEC("raw_tp/sched_switch"). System calls all share sys_enter and sys_exit.',
    ],
  });
}

function knownNames(): string[] {
  try {
    return rawTracepointNames(kernelBtf());
  } catch (error) {
    // Without kernel types there are no near names, and that is not what is wrong here.
    if (isCoreGenError(error)) return [];
    throw error;
  }
}
