import { expect, it } from "vitest";

import { queryXdp } from "../../../src/runtime/index.ts";
import { removeDevice } from "../../support/devices.ts";
import { describeWithKernel } from "../../support/kernel.ts";
import { thrownBy } from "../../support/thrown.ts";
import { onVeth, output, programId } from "./on-veth.ts";

describeWithKernel("XdpProgram.attachXdp", {}, () => {
  it.each([
    ["a link", {}, "driver"],
    ["a link in driver mode", { mode: "driver" }, "driver"],
    ["a link in generic mode", { mode: "generic" }, "generic"],
    ["netlink", { via: "netlink" }, "driver"],
    ["netlink in driver mode", { via: "netlink", mode: "driver" }, "driver"],
    ["netlink in generic mode", { via: "netlink", mode: "generic" }, "generic"],
  ] as const)("runs the program with %s, and only until it is detached", async (_, options, mode) => {
    await onVeth(({ skel, send, hits }) => {
      const { xdp_pass } = skel.progs;
      const link = xdp_pass.attachXdp({ interface: "two", ...options });
      send(5);
      expect(hits("xdp_hits")).toBe(5);
      expect(queryXdp("two")).toEqual([{ mode, programId: programId(xdp_pass) }]);
      expect(output("bpftool net show dev two")).toMatch(
        new RegExp(`^two\\(\\d+\\) ${mode} id ${programId(xdp_pass)}$`, "mu"),
      );
      expect(output("ip link show dev two")).toContain(`prog/xdp id ${programId(xdp_pass)} `);
      expect(link.closed).toBe(false);
      link.detach();
      link.detach();
      expect(link.closed).toBe(true);
      send(5);
      expect(hits("xdp_hits")).toBe(5);
      expect(queryXdp("two")).toEqual([]);
      expect(output("ip link show dev two")).not.toContain("xdp");
    });
  });

  it("takes an interface by its index, and programs for large packets", async () => {
    await onVeth(
      ({ skel, send, hits }) => {
        const index = Number(/^(\d+): two@one/u.exec(output("ip link show dev two"))?.[1]);
        skel.progs.xdp_frags.attachXdp({ interface: index });
        send(1);
        expect(hits("frags_hits")).toBe(1);
      },
      { progs: { xdp_frags: { autoload: true } } },
    );
  });

  it.each(["link", "netlink"] as const)("puts another program in the place of one, by %s", async (via) => {
    await onVeth(({ skel, send, hits }) => {
      const { xdp_pass, xdp_other } = skel.progs;
      const link = xdp_pass.attachXdp({ interface: "two", via });
      link.update(xdp_other);
      send(3);
      expect([hits("xdp_hits"), hits("other_hits")]).toEqual([0, 3]);
      expect(queryXdp("two")).toEqual([{ mode: "driver", programId: programId(xdp_other) }]);
      const refused = thrownBy(() => link.update(xdp_other, { expected: xdp_pass }));
      expect(refused.message).toMatch(
        via === "link"
          ? /^putting program "xdp_other" in the place of program "xdp_other" at interface two \(XDP\): bpf\(BPF_LINK_UPDATE\) failed with EPERM: it does not run program "xdp_pass"$/u
          : /: netlink\(RTM_SETLINK\) failed with EEXIST: Active program does not match expected$/u,
      );
      link.update(xdp_pass, { expected: xdp_other });
      link.detach();
      expect(queryXdp("two")).toEqual([]);
    });
  });

  it("replaces a program through netlink only when it is told to", async () => {
    await onVeth(({ skel }) => {
      const { xdp_pass, xdp_other } = skel.progs;
      const first = xdp_pass.attachXdp({ interface: "two", via: "netlink" });
      const taken = thrownBy(() => xdp_other.attachXdp({ interface: "two", via: "netlink" }));
      expect(taken.message).toBe(
        'attaching program "xdp_other" at interface two (XDP): netlink(RTM_SETLINK) failed with EBUSY: XDP program already attached',
      );
      const wrong = thrownBy(() => xdp_other.attachXdp({ interface: "two", replace: xdp_other }));
      expect(wrong.message).toContain("EEXIST: Active program does not match expected");
      xdp_other.attachXdp({ interface: "two", replace: xdp_pass });
      expect(queryXdp("two")).toEqual([{ mode: "driver", programId: programId(xdp_other) }]);
      // Its program was replaced: the new one stays.
      first.detach();
      expect(queryXdp("two")).toEqual([{ mode: "driver", programId: programId(xdp_other) }]);
      xdp_pass.attachXdp({ interface: "two", replace: true }).detach();
      expect(queryXdp("two")).toEqual([]);
    });
  });

  it("says what is attached already", async () => {
    await onVeth(({ skel }) => {
      const { xdp_pass, xdp_other } = skel.progs;
      xdp_pass.attachXdp({ interface: "two" });
      const busy = thrownBy(() => xdp_other.attachXdp({ interface: "two" }));
      expect(busy.message).toBe(
        'attaching program "xdp_other" at interface two (XDP): bpf(BPF_LINK_CREATE) failed with EBUSY: a program is attached there already',
      );
      expect(busy.hints[0]).toBe(`Attached to two now: driver: program ${programId(xdp_pass)}.`);
      const otherMode = thrownBy(() => xdp_other.attachXdp({ interface: "two", mode: "generic" }));
      expect(otherMode.message).toContain("EEXIST: a program is attached there in another mode");
    });
  });

  it("refuses what can't be", async () => {
    await onVeth(({ skel }) => {
      const { xdp_pass, xdp_devmap } = skel.progs;
      const messageOf = (act: () => unknown): string => thrownBy(act).message;
      expect(messageOf(() => xdp_pass.attachXdp({ interface: "tow" }))).toBe(
        'attaching program "xdp_pass" with XDP: there is no interface tow in this network namespace',
      );
      expect(thrownBy(() => xdp_pass.attachXdp({ interface: "tow" })).hints).toEqual(["Near it: lo, two."]);
      expect(messageOf(() => xdp_pass.attachXdp({ interface: 4711 }))).toContain("no interface with index 4711");
      expect(messageOf(() => xdp_pass.attachXdp({ interface: -1 }))).toContain(
        "-1 is no name or index of an interface",
      );
      expect(messageOf(() => xdp_pass.attachXdp({ interface: "two", mode: "offload" }))).toContain("EINVAL");
      expect(messageOf(() => xdp_devmap.attachXdp({ interface: "two" }))).toContain('SEC("xdp/devmap")');
      expect(messageOf(() => xdp_devmap.attachXdp({ interface: "two", via: "netlink" }))).toMatch(
        /EINVAL: BPF_XDP_DEVMAP programs can not be attached to a device$/u,
      );
      expect(messageOf(() => xdp_pass.attachXdp({ interface: "two", via: "link", replace: true }))).toBe(
        'attaching program "xdp_pass" at interface two (XDP): a new link can\'t replace a program',
      );
      expect(() => queryXdp("tow")).toThrow("asking for XDP programs: there is no interface tow");
    });
  });

  it.each(["link", "netlink"] as const)("can be detached when the interface is gone, by %s", async (via) => {
    await onVeth(({ skel }) => {
      const link = skel.progs.xdp_pass.attachXdp({ interface: "two", via });
      removeDevice("one");
      link.detach();
      expect(link.closed).toBe(true);
    });
  });
});
