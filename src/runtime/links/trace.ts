import { CoreGenError } from "../../errors.ts";
import { attachTypes } from "../../object/bpf-enums.ts";
import { whyNotTraceable } from "../kernel/why-not-traceable.ts";
import type { LoadedProgram } from "../load/types.ts";
import { Attr, bpf, BPF_LINK_CREATE, BPF_RAW_TRACEPOINT_OPEN, type Meanings, bpfFailure } from "../sys/bpf.ts";
import { EBUSY, EINVAL, ENOENT, ENOTSUPP, EPERM } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { Link } from "./link.ts";
import { encodeRawTracepoint, noCookie } from "./raw-tracepoint.ts";

/** How a program for functions, tracepoints or security hooks is attached. */
export interface TraceOptions {
  /** What `bpf_get_attach_cookie` returns there; needs Linux 5.19, for SEC("tp_btf") 6.10. */
  readonly cookie?: bigint | undefined;
}

/**
 * Attaches a program to what it was loaded for, a tracepoint or a function (libbpf: `bpf_program__attach_trace_opts`,
 * `bpf_program__attach_lsm`). `name` is that in messages.
 */
export function attachTrace(loaded: LoadedProgram, name: string, { cookie = 0n }: TraceOptions = {}): Link {
  const kind = loaded.program.def?.prefix.replace(/\.s$/u, "").replace("tp_btf", "tracepoint") ?? "its target";
  const where = name === "" ? `the ${kind} that it was loaded for` : `${kind} ${name}`;
  const what = `program "${loaded.program.name}" at ${where}`;
  const { command, attr } = encode(loaded, cookie);
  const result = bpf(command, attr);
  if (result >= 0) return new Link(what, new Fd(result, `the link of ${what}`));
  throw explained(loaded, { what, name, cookie, command, errno: -result });
}

/**
 * The kernel knows what it is, so there is no name. BPF_RAW_TRACEPOINT_OPEN does it on every kernel that has such programs
 * (5.5), BPF_LINK_CREATE only since 5.19 or so; but the cookie of a function is only said to the latter, and that of a
 * tracepoint only to the former: kernels before 6.10 overlook it in the other.
 */
function encode({ program, fd }: LoadedProgram, cookie: bigint): { readonly command: number; readonly attr: Attr } {
  const attachType = program.def?.attachTypeName;
  const isTracepoint = attachType === "trace_raw_tp";
  if (attachType === "trace_fsession" || (cookie !== 0n && !isTracepoint)) {
    const attr = new Attr(32).u32(0, fd.number).u32(8, attachTypes.indexOf(attachType ?? "trace_fentry"));
    return { command: BPF_LINK_CREATE, attr: attr.u64(24, cookie) };
  }
  return { command: BPF_RAW_TRACEPOINT_OPEN, attr: encodeRawTracepoint(fd.number, cookie) };
}

interface Refusal {
  readonly what: string;
  readonly name: string;
  readonly cookie: bigint;
  readonly command: number;
  readonly errno: number;
}

const meanings: Meanings = new Map([
  [EBUSY, "something else has a hold of that function: a kprobe that changes it, or a live patch"],
  [ENOTSUPP, "this kernel can't trace that function on this architecture"],
]);

function explained({ program }: LoadedProgram, { what, name, cookie, command, errno }: Refusal): CoreGenError {
  const hints =
    errno === EPERM && program.def?.attachTypeName !== "trace_raw_tp"
      ? ["The program was loaded, so this is no missing privilege: this machine lets nobody trace functions."]
      : [];
  const error = bpfFailure({
    doing: `attaching ${what}`,
    command: command,
    errno,
    meaning: meanings.get(errno),
    hints,
  });
  if (program.def?.attachTypeName === "trace_raw_tp")
    return errno === EINVAL && cookie !== 0n ? noCookie(what, "6.10", error) : error;
  if (errno === EINVAL && cookie !== 0n) return noCookie(what, "5.19", error);
  if (errno !== ENOTSUPP && errno !== EBUSY && errno !== ENOENT) return error;
  const { reason, hints: more } = whyNotTraceable(name.replace(/^.*:/u, ""));
  if (reason === undefined) return error;
  return new CoreGenError("bad-input", `attaching ${what}: ${reason}`, { cause: error, hints: more });
}
