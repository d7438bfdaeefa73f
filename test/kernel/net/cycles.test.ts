import { expect, it } from "vitest";

import { queryXdp, type Link } from "../../../src/runtime/index.ts";
import { openDescriptors } from "../../../src/runtime/sys/fd.ts";
import type { Packets } from "../../objects/packets.skel.ts";
import { describeWithKernel } from "../../support/kernel.ts";
import { leftovers, takeStock } from "../../support/leftovers.ts";
import { onVeth, output } from "./on-veth.ts";

const CYCLES = 1000;

/** Every way to attach to an interface that this kernel has. */
const ways: readonly (readonly [string, (progs: Packets["progs"]) => Link])[] = [
  ["an XDP link", ({ xdp_pass }) => xdp_pass.attachXdp({ interface: "two" })],
  ["XDP through netlink", ({ xdp_pass }) => xdp_pass.attachXdp({ interface: "two", via: "netlink", mode: "generic" })],
  ["a filter of tc's", ({ classify }) => classify.attachTc({ interface: "two", direction: "ingress" })],
  ["a tcx link", ({ on_egress }) => on_egress.attachTcx({ interface: "two" })],
];

describeWithKernel("1,000 times attached and detached", {}, () => {
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
