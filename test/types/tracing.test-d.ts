/* As runtime.test-d.ts: what must not compile. Nothing here runs. */
/* eslint-disable @typescript-eslint/no-unsafe-call -- the lines that do not compile have no types */
import { expectTypeOf } from "vitest";
import type { Link } from "core-gen/runtime";
import type { Tracing } from "../objects/tracing.skel.ts";

export function tracing({ progs }: Tracing): void {
  expectTypeOf(progs.kprobe.attachKprobe({ function: "do_exit" })).toEqualTypeOf<Link>();
  // @ts-expect-error: a probe has a function
  progs.kprobe.attachKprobe({ offset: 4 });
  // @ts-expect-error: cookies have 64 bits
  progs.kprobe.attachKprobe({ function: "do_exit", cookie: 7 });
  // @ts-expect-error: no such mode
  progs.kprobe.attachKprobe({ function: "do_exit", mode: "ftrace" });
  // @ts-expect-error: a tracepoint's program is for no function
  progs.tracepoint.attachKprobe({ function: "do_exit" });

  progs.kprobe_multi.attachKprobeMulti({ pattern: "tcp_*" });
  // @ts-expect-error: one of the two
  progs.kprobe_multi.attachKprobeMulti({ pattern: "tcp_*", functions: ["do_exit"] });
  // @ts-expect-error: which function has which cookie a pattern does not say
  progs.kprobe_multi.attachKprobeMulti({ pattern: "tcp_*", cookies: [1n] });
  // @ts-expect-error: addresses have 64 bits
  progs.kprobe_multi.attachKprobeMulti({ addresses: [1] });
  // @ts-expect-error: in which binary
  progs.uprobe_multi.attachUprobeMulti({ functions: ["malloc"] });

  progs.perf_event.attachPerfEvent({ type: "cache", event: "L1-dcache-load-misses", samplePeriod: 1000 });
  // @ts-expect-error: how often
  progs.perf_event.attachPerfEvent({ type: "software", event: "cpu-clock" });
  // @ts-expect-error: one of the two
  progs.perf_event.attachPerfEvent({ type: "software", event: "cpu-clock", frequency: 99, samplePeriod: 1000 });
  // @ts-expect-error: no event of software
  progs.perf_event.attachPerfEvent({ type: "software", event: "cpu-cycles", frequency: 99 });
  // @ts-expect-error: at which address
  progs.perf_event.attachPerfEvent({ type: "breakpoint", event: "write", samplePeriod: 1 });
}
