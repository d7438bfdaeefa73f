import { CoreGenError } from "../../errors.ts";
import { tracepointId } from "../kernel/tracefs.ts";
import type { LoadedProgram } from "../load/types.ts";
import { openPerfEvent, PERF_TYPE_TRACEPOINT } from "../sys/perf.ts";
import type { Link } from "./link.ts";
import { attachToPerfEvent } from "./perf-event-link.ts";

/** Where a tracepoint's program goes. */
export interface TracepointOptions {
  /** `CATEGORY/NAME`, as in the folder `events` of tracefs: "syscalls/sys_enter_openat". */
  readonly tracepoint: string;
  /** What `bpf_get_attach_cookie` returns at this one; needs Linux 5.15. */
  readonly cookie?: bigint | undefined;
}

/** Attaches a program to a tracepoint (libbpf: `bpf_program__attach_tracepoint_opts`). */
export function attachTracepoint({ program, fd }: LoadedProgram, { tracepoint, cookie }: TracepointOptions): Link {
  const slash = tracepoint.indexOf("/");
  const category = tracepoint.slice(0, Math.max(0, slash));
  const name = tracepoint.slice(slash + 1);
  // The name becomes part of a path.
  if (!isName(category) || !isName(name)) {
    throw new CoreGenError(
      "bad-input",
      `attaching program "${program.name}": "${tracepoint}" is not CATEGORY/NAME of a tracepoint`,
      {
        hints: ['For example SEC("tracepoint/syscalls/sys_enter_execve").'],
      },
    );
  }
  const config = tracepointId(category, name);
  // The program runs on every CPU: which one the event is for only matters to perf itself.
  const event = openPerfEvent({ type: PERF_TYPE_TRACEPOINT, config }, -1, 0, `tracepoint ${tracepoint}`);
  return attachToPerfEvent(fd, event, `program "${program.name}" at tracepoint ${tracepoint}`, { cookie });
}

function isName(text: string): boolean {
  return /^[A-Za-z0-9_.-]+$/u.test(text) && !/^\.+$/u.test(text);
}
