import { isCoreGenError } from "../../src/errors.ts";
import type { Link } from "../../src/runtime/index.ts";
import { kernelIsAtLeast, type KernelVersion } from "../../src/runtime/kernel/release.ts";
import { cgroups } from "../objects/cgroups.skel.ts";
import { extendedReplacement } from "../objects/extended.replacement.skel.ts";
import { extended } from "../objects/extended.skel.ts";
import { iter } from "../objects/iter.skel.ts";
import { netfilter } from "../objects/netfilter.skel.ts";
import { packets } from "../objects/packets.skel.ts";
import { tracing } from "../objects/tracing.skel.ts";

/** What the process that attaches everything needs to know, as JSON in this variable. */
const ASKED = "CORE_GEN_ATTACH";

/** "links": whatever the kernel takes away with the process; "legacy": what it keeps. */
export interface Asked {
  readonly what: "links" | "legacy";
  /** The path of a cgroup; a veth device "two" is there, too. */
  readonly cgroup: string;
}

/** What the process says, as one line of JSON, when it has attached what it can. */
export interface Said {
  readonly attached: readonly string[];
  /** By name, the error's message. */
  readonly refused: Readonly<Record<string, string>>;
}

/** Run by itself with the variables of {@link askedTo}: attaches everything, and waits to be killed. */
async function attachIfAsked(): Promise<void> {
  const asked = process.env[ASKED];
  if (asked === undefined) return;
  const { what, cgroup } = JSON.parse(asked) as Asked;
  console.log(JSON.stringify(attachAll(what === "links" ? links : legacy, cgroup)));
  await new Promise<void>(() => setInterval(() => undefined, 1000));
}

export function askedTo(asked: Asked): Record<string, string> {
  return { [ASKED]: JSON.stringify(asked) };
}

interface Way {
  readonly since?: KernelVersion;
  readonly attach: (cgroup: string) => Link;
}

const ofTracing =
  (name: keyof ReturnType<typeof tracing.load>["progs"], attach: (skel: ReturnType<typeof tracing.load>) => Link) =>
  (): Link =>
    attach(tracing.load({ progs: { [name]: { autoload: true } } }));

const ofCgroup =
  (name: "connect4" | "sockops" | "lsm_cgroup", legacy?: "multi") =>
  (cgroup: string): Link =>
    cgroups.load({ progs: { [name]: { autoload: true } } }).progs[name].attachCgroup({ cgroup, legacy });

const libc = { binary: "libc.so.6", function: "getppid" } as const;
const OPEN = "do_sys_openat2";
const links: Readonly<Record<string, Way>> = {
  xdp: { attach: () => loadPackets().xdp_pass.attachXdp({ interface: "two" }) },
  tcx: { since: [6, 6], attach: () => loadPackets().on_ingress.attachTcx({ interface: "two" }) },
  "cgroup/connect4": { attach: ofCgroup("connect4") },
  sockops: { attach: ofCgroup("sockops") },
  lsm_cgroup: { since: [6, 0], attach: ofCgroup("lsm_cgroup") },
  netfilter: {
    since: [6, 4],
    attach: () => netfilter.load().progs.filter.attachNetfilter({ family: "ipv4", hook: "local-in", priority: 3 }),
  },
  freplace: { attach: replace },
  kprobe: { attach: ofTracing("kprobe", ({ progs }) => progs.kprobe.attachKprobe({ function: OPEN })) },
  kretprobe: { attach: ofTracing("kretprobe", ({ progs }) => progs.kretprobe.attachKprobe({ function: OPEN })) },
  "kprobe.multi": {
    since: [5, 18],
    attach: ofTracing("kprobe_multi", ({ progs }) => progs.kprobe_multi.attachKprobeMulti({ functions: [OPEN] })),
  },
  uprobe: { attach: ofTracing("uprobe", ({ progs }) => progs.uprobe.attachUprobe(libc)) },
  uretprobe: { attach: ofTracing("uretprobe", ({ progs }) => progs.uretprobe.attachUprobe(libc)) },
  "uprobe.multi": {
    since: [6, 6],
    attach: ofTracing("uprobe_multi_section", ({ progs }) => progs.uprobe_multi_section.attach()),
  },
  tracepoint: {
    attach: ofTracing("tracepoint", ({ progs }) =>
      progs.tracepoint.attachTracepoint({ tracepoint: "sched/sched_process_exec" }),
    ),
  },
  raw_tp: {
    attach: ofTracing("raw_tracepoint", ({ progs }) =>
      progs.raw_tracepoint.attachRawTracepoint({ tracepoint: "sched_process_exec" }),
    ),
  },
  tp_btf: { attach: ofTracing("tp_btf", ({ progs }) => progs.tp_btf.attach()) },
  fentry: { attach: ofTracing("fentry", ({ progs }) => progs.fentry.attach()) },
  fexit: { attach: ofTracing("fexit", ({ progs }) => progs.fexit.attach()) },
  fmod_ret: { attach: ofTracing("fmod_ret", ({ progs }) => progs.fmod_ret.attach()) },
  lsm: { attach: ofTracing("lsm", ({ progs }) => progs.lsm.attach()) },
  perf_event: {
    attach: ofTracing("perf_event", ({ progs }) =>
      progs.perf_event.attachPerfEvent({ type: "software", event: "cpu-clock", frequency: 100 }),
    ),
  },
  iter: { attach: () => iter.load({ progs: { dump_task: { autoload: true } } }).progs.dump_task.attach() },
};

const legacy: Readonly<Record<string, Way>> = {
  xdp: { attach: () => loadPackets().xdp_pass.attachXdp({ interface: "two", via: "netlink" }) },
  tc: { attach: () => loadPackets().classify.attachTc({ interface: "two", direction: "ingress" }) },
  "cgroup/connect4": { attach: ofCgroup("connect4", "multi") },
};

function loadPackets(): ReturnType<typeof packets.load>["progs"] {
  return packets.load({ progs: { xdp_frags: { autoload: false } } }).progs;
}

function replace(): Link {
  const opened = extendedReplacement.open();
  opened.progs.replacement.attachTarget = { program: extended.load().progs.ask };
  return opened.load().progs.replacement.attach();
}

/** Nobody but the process's end is to detach. */
const kept: Link[] = [];

function attachAll(ways: Readonly<Record<string, Way>>, cgroup: string): Said {
  const attached: string[] = [];
  const refused: Record<string, string> = {};
  for (const [name, { since, attach }] of Object.entries(ways)) {
    if (since !== undefined && !kernelIsAtLeast(since)) continue;
    try {
      kept.push(attach(cgroup));
      attached.push(name);
    } catch (error) {
      if (!isCoreGenError(error)) throw error;
      refused[name] = error.message;
    }
  }
  return { attached, refused };
}

await attachIfAsked();
