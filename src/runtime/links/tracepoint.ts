import { attachTypes } from "../../object/bpf-enums.ts";
import { CoreGenError } from "../../errors.ts";
import { hasFeature } from "../kernel/features.ts";
import { tracepointId } from "../kernel/tracefs.ts";
import type { LoadedProgram } from "../load/types.ts";
import { Attr, BPF_LINK_CREATE, bpfOrThrow } from "../sys/bpf.ts";
import { Fd } from "../sys/fd.ts";
import { enablePerfEvent, openPerfEvent, PERF_TYPE_TRACEPOINT, setPerfEventProgram } from "../sys/perf.ts";
import { Link } from "./link.ts";

/** Attaches a program to the tracepoint `category/name` (libbpf: `bpf_program__attach_tracepoint`). */
export function attachTracepoint({ program, fd }: LoadedProgram, tracepoint: string): Link {
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
  const what = `program "${program.name}" at tracepoint ${tracepoint}`;
  return new Link(what, attachEvent(tracepointId(category, name), fd, what, tracepoint));
}

function isName(text: string): boolean {
  return /^[A-Za-z0-9_.-]+$/u.test(text) && !/^\.+$/u.test(text);
}

/** The program runs on every CPU: which one the event is for only matters to perf itself. */
function attachEvent(id: number, program: Fd, what: string, tracepoint: string): Fd {
  const event = openPerfEvent({ type: PERF_TYPE_TRACEPOINT, config: id }, -1, 0, `tracepoint ${tracepoint}`);
  try {
    if (!hasFeature("perf-link")) {
      setPerfEventProgram(event, program);
      enablePerfEvent(event);
      return event;
    }
    const link = new Fd(createPerfLink(program, event, what), `the link of ${what}`);
    try {
      enablePerfEvent(event);
    } catch (error) {
      link.close();
      throw error;
    }
    // The link holds on to the event.
    event.close();
    return link;
  } catch (error) {
    event.close();
    throw error;
  }
}

function createPerfLink(program: Fd, event: Fd, what: string): number {
  return bpfOrThrow(BPF_LINK_CREATE, encodePerfLink(program.number, event.number), `attaching ${what}`);
}

/** The attributes of BPF_LINK_CREATE for a perf event, without a cookie. */
export function encodePerfLink(program: number, event: number): Attr {
  return new Attr(24).u32(0, program).u32(4, event).u32(8, attachTypes.indexOf("perf_event"));
}
