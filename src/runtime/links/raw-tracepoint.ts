import { CoreGenError, isCoreGenError } from "../../errors.ts";
import { kernelBtf } from "../kernel/btf.ts";
import { rawTracepointNames } from "../../co-re/attach-target.ts";
import type { LoadedProgram } from "../load/types.ts";
import { nearNames } from "../../object/near-names.ts";
import { Attr, bpf, BPF_RAW_TRACEPOINT_OPEN, bpfFailure } from "../sys/bpf.ts";
import { EINVAL, ENOENT } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { Link } from "./link.ts";

/** Where a raw tracepoint's program goes. */
export interface RawTracepointOptions {
  /** The name without a category: "sched_switch". */
  readonly tracepoint: string;
  /** What `bpf_get_attach_cookie` returns at this one; needs Linux 6.10. */
  readonly cookie?: bigint | undefined;
}

/** Attaches a program to a raw tracepoint (libbpf: `bpf_program__attach_raw_tracepoint_opts`). */
export function attachRawTracepoint({ program, fd }: LoadedProgram, options: RawTracepointOptions): Link {
  const { tracepoint: name, cookie = 0n } = options;
  const what = `program "${program.name}" at raw tracepoint ${name}`;
  // A NUL would cut it off.
  if (name === "" || name.includes("\0")) throw unknownTracepoint(what, name);
  const result = bpf(BPF_RAW_TRACEPOINT_OPEN, encodeRawTracepoint(fd.number, cookie).text(0, name));
  if (result >= 0) return new Link(what, new Fd(result, `the link of ${what}`));
  if (result === -ENOENT) throw unknownTracepoint(what, name);
  const error = bpfFailure({
    doing: `attaching ${what}`,
    command: BPF_RAW_TRACEPOINT_OPEN,
    errno: -result,
  });
  throw result === -EINVAL && cookie !== 0n ? noCookie(what, "6.10", error) : error;
}

/** The attributes of BPF_RAW_TRACEPOINT_OPEN without a name; old kernels know none with a cookie. */
export function encodeRawTracepoint(program: number, cookie: bigint): Attr {
  const attr = new Attr(cookie === 0n ? 16 : 24).u32(8, program);
  return cookie === 0n ? attr : attr.u64(16, cookie);
}

/** For an EINVAL that a kernel says who does not know cookies at such places. */
export function noCookie(what: string, since: string, cause: CoreGenError): CoreGenError {
  return new CoreGenError(
    "unsupported",
    `attaching ${what} with a cookie: this kernel does not take it, Linux ${since} has cookies there`,
    { cause, hints: ["Attach without one: what the cookie would say can be in a map or in .rodata."] },
  );
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
