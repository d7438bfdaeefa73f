import { CoreGenError } from "../../errors.ts";
import { attachTypes } from "../../object/bpf-enums.ts";
import { hasFeature } from "../kernel/features.ts";
import { Attr, BPF_LINK_CREATE, bpfOrThrow } from "../sys/bpf.ts";
import { Fd } from "../sys/fd.ts";
import { enablePerfEvent, setPerfEventProgram } from "../sys/perf.ts";
import { Link } from "./link.ts";

/** How a program is tied to a perf event. */
export interface PerfEventTie {
  /** What `bpf_get_attach_cookie` returns there; needs Linux 5.15. */
  readonly cookie?: bigint | undefined;
  /** Without a BPF link also where there are such: the perf event itself keeps the program attached. */
  readonly withoutLink?: boolean | undefined;
}

/**
 * Runs a program at a perf event, which it takes over, also when it throws (libbpf: `bpf_program__attach_perf_event_opts`).
 * Throws a `CoreGenError` with code `unsupported` for a cookie where there are none.
 */
export function attachToPerfEvent(program: Fd, event: Fd, what: string, tie: PerfEventTie = {}): Link {
  return new Link(what, tieToPerfEvent(program, event, what, tie));
}

/**
 * The same without a `Link` around it: the descriptor that keeps the program attached.
 *
 * Kernels before 5.15 have no links for perf events: there the event itself does it.
 */
export function tieToPerfEvent(program: Fd, event: Fd, what: string, tie: PerfEventTie): Fd {
  const { cookie = 0n, withoutLink = false } = tie;
  try {
    if (hasFeature("perf-link") && !withoutLink) return linkTo(program, event, what, cookie);
    if (cookie !== 0n) throw noCookies(what, withoutLink);
    setPerfEventProgram(event, program);
    enablePerfEvent(event);
    return event;
  } catch (error) {
    event.close();
    throw error;
  }
}

function noCookies(what: string, withoutLink: boolean): CoreGenError {
  const reason = withoutLink
    ? "a cookie is part of a BPF link, and this mode makes none"
    : "this kernel has no cookies, Linux 5.15 and later have";
  return new CoreGenError("unsupported", `attaching ${what}: ${reason}`, {
    hints: ["Attach without one: what the cookie would say can be in a map or in .rodata."],
  });
}

function linkTo(program: Fd, event: Fd, what: string, cookie: bigint): Fd {
  const attr = encodePerfLink(program.number, event.number, cookie);
  const link = new Fd(bpfOrThrow(BPF_LINK_CREATE, attr, `attaching ${what}`), `the link of ${what}`);
  try {
    enablePerfEvent(event);
  } catch (error) {
    link.close();
    throw error;
  }
  // The link holds on to the event.
  event.close();
  return link;
}

/** The attributes of BPF_LINK_CREATE for a perf event. */
export function encodePerfLink(program: number, event: number, cookie = 0n): Attr {
  return new Attr(24).u32(0, program).u32(4, event).u32(8, attachTypes.indexOf("perf_event")).u64(16, cookie);
}
