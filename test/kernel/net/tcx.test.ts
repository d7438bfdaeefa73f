import { expect, it } from "vitest";

import { queryNetkit, queryTcx } from "../../../src/runtime/index.ts";
import { describeWithKernel } from "../../support/kernel.ts";
import { kernelIsAtLeast } from "../../../src/runtime/kernel/release.ts";
import { thrownBy } from "../../support/thrown.ts";
import { onVeth, output, programId, type Veth } from "./on-veth.ts";

const lacksTcx = (): string | undefined => (kernelIsAtLeast([6, 6]) ? undefined : "no tcx before Linux 6.6");

describeWithKernel("TcxProgram.attachTcx", { kernelLacks: lacksTcx }, () => {
  it("runs the program, and only until it is detached", async () => {
    await onVeth(({ skel, send, hits }) => {
      const { on_ingress, on_egress } = skel.progs;
      const incoming = on_ingress.attachTcx({ interface: "two" });
      on_egress.attachTcx({ interface: "one" });
      send(5);
      expect([hits("ingress_hits"), hits("egress_hits")]).toEqual([5, 5]);
      expect(queryTcx("two", "ingress").programs.map((program) => program.programId)).toEqual([programId(on_ingress)]);
      // bpftool of Debian 12 is older than tcx.
      expect(output("tc qdisc show dev two")).not.toContain("clsact");
      incoming.detach();
      send(5);
      expect([hits("ingress_hits"), hits("egress_hits")]).toEqual([5, 10]);
      expect(queryTcx("two", "ingress").programs).toEqual([]);
      expect(queryTcx("two", "egress").programs).toEqual([]);
    });
  });

  const places: readonly (readonly [string, (veth: Veth) => void, number])[] = [
    ["behind all", ({ skel }) => skel.progs.on_ingress_too.attachTcx({ interface: "two" }), 12],
    [
      "behind all, explicitly",
      ({ skel }) => skel.progs.on_ingress_too.attachTcx({ interface: "two", after: "all" }),
      12,
    ],
    ["in front of all", ({ skel }) => skel.progs.on_ingress_too.attachTcx({ interface: "two", before: "all" }), 21],
    [
      "in front of a program",
      ({ skel: { progs } }) => progs.on_ingress_too.attachTcx({ interface: "two", before: progs.on_ingress }),
      21,
    ],
    [
      "behind a link",
      ({ skel: { progs, links } }) => progs.on_ingress_too.attachTcx({ interface: "two", after: links.on_ingress! }),
      12,
    ],
    [
      "in front of a program's id",
      ({ skel: { progs } }) =>
        progs.on_ingress_too.attachTcx({ interface: "two", before: { programId: programId(progs.on_ingress) } }),
      21,
    ],
    [
      "in front of a link's id",
      ({ skel }) => {
        const linkId = queryTcx("two", "ingress").programs[0]?.linkId ?? 0;
        skel.progs.on_ingress_too.attachTcx({ interface: "two", before: { linkId } });
      },
      21,
    ],
  ];
  it.each(places)("puts a program %s", async (_, attach, order) => {
    await onVeth((veth) => {
      veth.skel.progs.on_ingress.attachTcx({ interface: "two" });
      attach(veth);
      veth.send(1);
      expect(veth.hits("order")).toBe(order);
    });
  });

  it("attaches only to the expected revision", async () => {
    await onVeth(({ skel }) => {
      const { on_ingress, on_ingress_too } = skel.progs;
      const { revision } = queryTcx("two", "ingress");
      on_ingress.attachTcx({ interface: "two", expectedRevision: revision });
      expect(thrownBy(() => on_ingress_too.attachTcx({ interface: "two", expectedRevision: revision })).message).toBe(
        'attaching program "on_ingress_too" at ingress (tcx) of interface two: bpf(BPF_LINK_CREATE) failed with ESTALE: the programs there have changed since the expected revision',
      );
      on_ingress_too.attachTcx({ interface: "two", expectedRevision: queryTcx("two", "ingress").revision });
    });
  });

  it("puts another program in the place of one", async () => {
    await onVeth(({ skel, send, hits }) => {
      const { on_ingress, on_ingress_too } = skel.progs;
      const link = on_ingress.attachTcx({ interface: "two" });
      link.update(on_ingress_too, { expected: on_ingress });
      send(1);
      expect(hits("order")).toBe(2);
      expect(thrownBy(() => link.update(on_ingress, { expected: on_ingress })).message).toContain("EPERM");
    });
  });

  it("refuses what can't be", async () => {
    await onVeth(({ skel: { progs } }) => {
      const { on_ingress, on_ingress_too } = progs;
      const messageOf = (options: object): string =>
        thrownBy(() => on_ingress_too.attachTcx({ interface: "two", ...options })).message;
      const attached = on_ingress.attachTcx({ interface: "two" });
      expect(messageOf({ before: "all", after: "all" })).toContain("both before and after are set");
      expect(messageOf({ after: progs.on_egress })).toContain("ENOENT: the program or link that it should be next to");
      expect(messageOf({ before: { linkId: 4_000_000 } })).toContain("ENOENT: the program or link");
      expect(messageOf({ interface: "tow" })).toContain("there is no interface tow");
      attached.detach();
      expect(messageOf({ before: attached })).toContain("is closed");
    });
  });
});

describeWithKernel("NetkitProgram.attachNetkit", {}, () => {
  it("says that a device is none of a netkit pair", async () => {
    await onVeth(({ skel }) => {
      const refused = thrownBy(() => skel.progs.on_primary.attachNetkit({ interface: "two" }));
      expect(refused.code).toBe("unsupported");
      expect(refused.message).toBe(
        'attaching program "on_primary" at the primary end (netkit) of interface two: this kernel does not have it there, Linux 6.7 and later have it (CONFIG_NETKIT), for the primary device of a netkit pair',
      );
      expect(thrownBy(() => queryNetkit("two", "peer")).message).toBe(
        "asking for the programs at the peer end (netkit) of interface two: this kernel does not have it there, Linux 6.7 and later have it (CONFIG_NETKIT), for the primary device of a netkit pair",
      );
    });
  });
});
