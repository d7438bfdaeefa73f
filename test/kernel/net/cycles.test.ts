import { expect, it } from "vitest";

import { queryXdp, type Link } from "../../../src/runtime/index.ts";
import { openDescriptors } from "../../../src/runtime/sys/fd.ts";
import { cgroups } from "../../objects/cgroups.skel.ts";
import { netfilter } from "../../objects/netfilter.skel.ts";
import type { Packets } from "../../objects/packets.skel.ts";
import { describeWithKernel } from "../../support/kernel.ts";
import { leftovers, takeStock } from "../../support/leftovers.ts";
import { makeCgroup } from "../../support/own-cgroup.ts";
import { inOwnNetwork } from "../../support/own-network.ts";
import { onVeth, output } from "./on-veth.ts";

const CYCLES = 1000;

/** Every way to attach to an interface that this kernel has. */
const ways: readonly (readonly [string, (progs: Packets["progs"]) => Link])[] = [
  ["an XDP link", ({ xdp_pass }) => xdp_pass.attachXdp({ interface: "two" })],
  ["XDP through netlink", ({ xdp_pass }) => xdp_pass.attachXdp({ interface: "two", via: "netlink", mode: "generic" })],
  ["a filter of tc's", ({ classify }) => classify.attachTc({ interface: "two", direction: "ingress" })],
  ["a tcx link", ({ on_egress }) => on_egress.attachTcx({ interface: "two" })],
];

/** Those that are for no interface. */
const elsewhere: readonly (readonly [string, (cgroup: string) => Repeated])[] = [
  [
    "a netfilter link",
    () => {
      const skel = netfilter.load();
      return {
        skel,
        attach: () => skel.progs.filter.attachNetfilter({ family: "ipv4", hook: "local-in", priority: 5 }),
      };
    },
  ],
  ...([undefined, "multi"] as const).map(
    (legacy) =>
      [
        legacy === undefined ? "a cgroup's link" : "a program of a cgroup without a link",
        (cgroup: string) => {
          const skel = cgroups.load({ progs: { connect4: { autoload: true } } });
          return { skel, attach: () => skel.progs.connect4.attachCgroup({ cgroup, legacy }) };
        },
      ] as const,
  ),
];

interface Repeated {
  readonly skel: Disposable;
  readonly attach: () => Link;
}

describeWithKernel("1,000 times attached and detached", {}, () => {
  it.each(elsewhere)("%s leaves nothing behind", { timeout: 120_000 }, async (_, load) => {
    using cgroup = makeCgroup();
    await inOwnNetwork(async () => {
      const { skel, attach } = load(cgroup.path);
      using _skel = skel;
      attach().detach();
      const before = takeStock();
      const descriptors = openDescriptors().length;
      for (let i = 0; i < CYCLES; i++) attach().detach();
      expect(openDescriptors()).toHaveLength(descriptors);
      expect(await leftovers(before)).toEqual([]);
      expect(output(`bpftool cgroup show ${cgroup.path}`)).not.toContain("connect4");
      expect(process.listenerCount("SIGTERM")).toBe(0);
    });
  });

  it.each(ways)("%s leaves nothing behind", { timeout: 120_000 }, async (_, attach) => {
    await onVeth(async ({ skel }) => {
      attach(skel.progs).detach();
      const before = takeStock();
      const descriptors = openDescriptors().length;
      for (let i = 0; i < CYCLES; i++) attach(skel.progs).detach();
      expect(openDescriptors()).toHaveLength(descriptors);
      expect(await leftovers(before)).toEqual([]);
      expect(queryXdp("two")).toEqual([]);
      expect(output("tc qdisc show dev two")).not.toContain("clsact");
      expect(process.listenerCount("SIGTERM")).toBe(0);
    });
  });
});
