import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

import { queryNetkit, queryTc, queryTcx, queryXdp, type Link } from "../../../src/runtime/index.ts";
import { kernelIsAtLeast, type KernelVersion } from "../../../src/runtime/kernel/release.ts";
import { packets, type Packets, type PacketsBss } from "../../objects/packets.skel.ts";
import { runs, type Runs } from "../../objects/runs.skel.ts";
import { addAddress, makePair, removeDevice } from "../../support/devices.ts";
import { inOwnNetwork, sendUdp } from "../../support/own-network.ts";
import { check } from "../check.ts";
import { checkHook, inVirtualMachine } from "./check-hook.ts";

/** A hook of an interface: its program, its counter, how to attach it, and on which device of the pair. */
interface NetHook {
  readonly name: string;
  readonly since?: KernelVersion;
  readonly option?: string;
  readonly counter: keyof PacketsBss;
  readonly devices?: "netkit" | "netkit, from its peer";
  /** What else has to be there. */
  readonly prepare?: () => void;
  readonly attach: (progs: Packets["progs"]) => Link;
}

/** Packets go from "one" to "two". */
const hooks: readonly NetHook[] = [
  { name: "xdp", counter: "xdp_hits", attach: ({ xdp_pass }) => xdp_pass.attachXdp({ interface: "two" }) },
  {
    name: "xdp (generic)",
    counter: "xdp_hits",
    attach: ({ xdp_pass }) => xdp_pass.attachXdp({ interface: "two", mode: "generic" }),
  },
  {
    name: "xdp (netlink)",
    counter: "xdp_hits",
    attach: ({ xdp_pass }) => xdp_pass.attachXdp({ interface: "two", via: "netlink" }),
  },
  {
    name: "xdp.frags",
    since: [5, 18],
    counter: "frags_hits",
    attach: ({ xdp_frags }) => xdp_frags.attachXdp({ interface: "two" }),
  },
  {
    name: "tc (clsact ingress)",
    counter: "tc_hits",
    attach: ({ classify }) => classify.attachTc({ interface: "two", direction: "ingress" }),
  },
  {
    name: "tc (clsact egress)",
    counter: "tc_hits",
    attach: ({ classify }) => classify.attachTc({ interface: "one", direction: "egress" }),
  },
  {
    name: "tc (in a classful qdisc)",
    counter: "tc_hits",
    prepare: addClassfulQdisc,
    attach: ({ classify }) => classify.attachTc({ interface: "one", parent: "1:" }),
  },
  {
    name: "action",
    option: "CONFIG_NET_ACT_BPF",
    counter: "action_hits",
    attach: ({ act }) => act.attachTc({ interface: "two", direction: "ingress" }),
  },
  {
    name: "tcx/ingress",
    since: [6, 6],
    counter: "ingress_hits",
    attach: ({ on_ingress }) => on_ingress.attachTcx({ interface: "two" }),
  },
  {
    name: "tcx/egress",
    since: [6, 6],
    counter: "egress_hits",
    attach: ({ on_egress }) => on_egress.attachTcx({ interface: "one" }),
  },
  {
    name: "tcx/ingress as a filter of tc's",
    counter: "ingress_hits",
    attach: ({ on_ingress }) => on_ingress.attachTc({ interface: "two" }),
  },
  {
    name: "netkit/primary",
    since: [6, 7],
    option: "CONFIG_NETKIT",
    counter: "primary_hits",
    devices: "netkit",
    attach: ({ on_primary }) => on_primary.attachNetkit({ interface: "one" }),
  },
  {
    name: "netkit/peer",
    since: [6, 7],
    option: "CONFIG_NETKIT",
    counter: "peer_hits",
    devices: "netkit, from its peer",
    attach: ({ on_peer }) => on_peer.attachNetkit({ interface: "two" }),
  },
];

const TIMES = 5;
const CYCLES = 20;

/** Programs of network interfaces, and those that run on request. */
export async function checkNet(): Promise<void> {
  for (const hook of hooks) await checkHook(hook.name, lacking(hook), () => seeFiring(hook));
  await checkHook("syscall", lacking({ since: [5, 14] }), callProgram);
  for (const [kind, since, run] of testRuns)
    await checkHook(`test run of ${kind}`, lacking({ since }), () => runOnRequest(run));
  if (lacking({ since: [6, 7], option: "CONFIG_NETKIT" }) === undefined)
    await check("the peer of a netkit pair takes no programs, and the error says who does", attachToPeer);
  if (inVirtualMachine()) await check("a test run calls the functions that programs are traced in", runTraced);
  await check("an interface's programs are gone after many cycles of attaching", cycleAll);
}

function lacking({ since, option }: Pick<NetHook, "since" | "option">): string | undefined {
  if (since !== undefined && !kernelIsAtLeast(since)) return `Linux ${since.join(".")} has the first one`;
  return option !== undefined && isOff(option) ? `${option} is off` : undefined;
}

/** Only what the kernel says itself: Debian's have no /proc/config.gz, and have all of it as modules. */
function isOff(option: string): boolean {
  if (!existsSync("/proc/config.gz")) return false;
  return !new RegExp(`^${option}=[ym]$`, "mu").test(gunzipSync(readFileSync("/proc/config.gz")).toString());
}

async function seeFiring(hook: NetHook): Promise<void> {
  await withDevices(hook.devices ?? "veth", (from) => {
    hook.prepare?.();
    using skel = packets.load({ progs: { xdp_frags: { autoload: hook.name === "xdp.frags" } } });
    const hits = (): number => Number(skel.bss[hook.counter]);
    const link = hook.attach(skel.progs);
    for (let i = 0; i < TIMES; i++) sendUdp(from, "neg-packet");
    assert.equal(hits(), TIMES);
    link.detach();
    for (let i = 0; i < TIMES; i++) sendUdp(from, "neg-packet");
    assert.equal(hits(), TIMES);
    assertNothingAttached();
  });
}

/** Gives the broadcast address to send to. */
async function withDevices(
  kind: "veth" | NonNullable<NetHook["devices"]>,
  use: (broadcast: string) => void,
): Promise<void> {
  await inOwnNetwork(() => {
    // The primary device is the first.
    if (kind === "netkit, from its peer") makePair("netkit", "two", "one");
    else makePair(kind, "one", "two");
    addAddress("one", "10.1.1.1");
    use("10.1.1.255");
    removeDevice("one");
  });
}

function addClassfulQdisc(): void {
  execFileSync("tc", ["qdisc", "add", "dev", "one", "root", "handle", "1:", "htb"]);
}

function assertNothingAttached(): void {
  assert.deepEqual(queryXdp("two"), []);
  assert.deepEqual(queryTc("one", { parent: "1:" }), []);
  for (const direction of ["ingress", "egress"] as const) {
    for (const device of ["one", "two"]) {
      assert.deepEqual(queryTc(device, direction), []);
      if (kernelIsAtLeast([6, 6])) assert.deepEqual(queryTcx(device, direction).programs, []);
    }
  }
  const qdiscs = execFileSync("tc", ["qdisc", "show"], { encoding: "utf8" });
  assert.ok(!qdiscs.includes("clsact"), qdiscs);
}

async function cycleAll(): Promise<void> {
  for (const hook of hooks.filter((each) => lacking(each) === undefined)) {
    await withDevices(hook.devices ?? "veth", () => {
      hook.prepare?.();
      using skel = packets.load({ progs: { xdp_frags: { autoload: hook.name === "xdp.frags" } } });
      for (let i = 0; i < CYCLES; i++) hook.attach(skel.progs).detach();
      assertNothingAttached();
      if (hook.devices === "netkit") assert.deepEqual(queryNetkit("one", "primary").programs, []);
    });
  }
}

async function attachToPeer(): Promise<void> {
  await withDevices("netkit", () => {
    using skel = packets.load();
    assert.throws(
      () => skel.progs.on_peer.attachNetkit({ interface: "two" }),
      /at the peer end \(netkit\) of interface two: .* EACCES: the interface is the peer of a netkit pair$/u,
    );
  });
}

function runTraced(): void {
  // Debian's kernels are built without CONFIG_FUNCTION_ERROR_INJECTION, which this still took in 6.1, and not in 6.12.
  const modifies = kernelIsAtLeast([6, 12]);
  using skel = runs.load({ progs: { traced: { autoload: true }, modified: { autoload: modifies } } });
  const { traced, modified } = skel.progs;
  using _traced = traced.attach();
  traced.testRun();
  assert.deepEqual([skel.bss.runs, skel.bss.argument_sum], [1, 1n]);
  if (!modifies) return;
  using _modified = modified.attach();
  // The upper half says that the function was not called: it would have changed a variable of the kernel's test.
  assert.equal(modified.testRun().returnValue >> 16, 1);
  assert.equal(skel.bss.runs, 2);
}

function callProgram(): void {
  using skel = runs.load({ progs: { add: { autoload: true } } });
  const numbers = new Uint8Array(24);
  numbers[0] = 40;
  numbers[8] = 2;
  const { returnValue, context } = skel.progs.add.run(numbers);
  assert.deepEqual([returnValue, context[16]], [-7, 42]);
}

/** An Ethernet frame of IPv4. */
const frame = new Uint8Array(64);
frame.set([8, 0, 0x45], 12);
const skb = { data: frame, context: { mark: 7 } };
const seesMark = (skel: Runs, run: (progs: Runs["progs"]) => unknown): void => {
  run(skel.progs);
  assert.deepEqual([skel.bss.runs, skel.bss.mark], [1, 7]);
};

/** A program for packets or sockets, the version that first runs it on request, and what to see. */
const testRuns: readonly (readonly [kind: string, since: KernelVersion, run: (skel: Runs) => void])[] = [
  ["xdp", [4, 12], ({ progs }) => assert.equal(progs.grow.testRun({ data: frame }).data.length, 72)],
  [
    "xdp with a context",
    [5, 15],
    (skel) => assert.equal(skel.progs.grow.testRun({ data: frame, context: { data: 8 } }).context?.data, 8),
  ],
  ["xdp with live frames", [5, 18], sendLiveFrames],
  ["tc", [4, 12], (skel) => seesMark(skel, ({ change }) => assert.equal(change.testRun(skb).context?.mark, 99))],
  ["action", [4, 12], (skel) => seesMark(skel, ({ act }) => act.testRun(skb))],
  ["socket", [4, 12], (skel) => seesMark(skel, ({ socket_filter }) => socket_filter.testRun(skb))],
  ["cgroup_skb", [4, 12], (skel) => seesMark(skel, ({ of_cgroup }) => of_cgroup.testRun(skb))],
  ["lwt_in", [4, 12], (skel) => seesMark(skel, (progs) => progs.in.testRun(skb))],
  ["lwt_out", [4, 12], (skel) => seesMark(skel, (progs) => progs.out.testRun(skb))],
  ["lwt_xmit", [4, 12], (skel) => seesMark(skel, (progs) => progs.xmit.testRun(skb))],
  [
    "flow_dissector",
    [5, 1],
    ({ progs }) => {
      const { flowKeys } = progs.dissect.testRun({ data: frame, context: { flags: 1 } });
      assert.deepEqual([flowKeys?.ip_proto, flowKeys?.flow_label], [17, 1]);
    },
  ],
  [
    "sk_lookup",
    [5, 13],
    ({ progs }) => {
      const context = { family: 2, protocol: 6, local_port: 4711, remote_ip4: 0x0100007f };
      assert.equal(progs.look.testRun({ context }).returnValue, 1);
    },
  ],
  [
    "raw_tp",
    [5, 10],
    ({ progs, bss }) => {
      progs.arguments.testRun({ context: [40n, 2n], cpu: 0 });
      assert.deepEqual([bss.argument_sum, bss.cpu], [42n, 0]);
    },
  ],
  ["netfilter", [6, 4], ({ progs }) => assert.equal(progs.filter.testRun({ data: frame }).returnValue, 1)],
];

function sendLiveFrames({ progs, bss }: Runs): void {
  progs.tcx.attachTc({ interface: "two" });
  progs.pass.testRun({ data: frame, context: { ingress_ifindex: 2 }, repeat: 200, liveFrames: { batchSize: 16 } });
  assert.ok(bss.runs >= 400, `${bss.runs}`);
}

async function runOnRequest(run: (skel: Runs) => void): Promise<void> {
  await withDevices("veth", () => {
    const progs = { look: { autoload: kernelIsAtLeast([5, 9]) }, filter: { autoload: kernelIsAtLeast([6, 4]) } };
    using skel = runs.load({ progs });
    run(skel);
  });
}
