import { spawn } from "node:child_process";
import { once } from "node:events";

import { expect, it } from "vitest";

import { queryTc, queryXdp } from "../../../src/runtime/index.ts";
import { removeDevice } from "../../support/devices.ts";
import { describeWithKernel } from "../../support/kernel.ts";
import { thrownBy } from "../../support/thrown.ts";
import { onVeth, output, programId } from "./on-veth.ts";

const hasClsact = (): boolean => output("tc qdisc show dev two").includes("clsact");

describeWithKernel("TcProgram.attachTc", {}, () => {
  it.each(["ingress", "egress"] as const)(
    "runs the program at %s, and only until it is detached",
    async (direction) => {
      await onVeth(({ skel, send, hits }) => {
        const device = direction === "ingress" ? "two" : "one";
        const { classify } = skel.progs;
        const link = classify.attachTc({ interface: device, direction });
        send(5);
        expect(hits("tc_hits")).toBe(5);
        const id = programId(classify);
        const filter = `protocol all pref ${link.priority} bpf chain 0 handle 0x${link.handle.toString(16)} `;
        expect(output(`tc filter show dev ${device} ${direction}`)).toContain(
          `${filter}classify:[${id}] direct-action not_in_hw id ${id} `,
        );
        expect(output(`bpftool net show dev ${device}`)).toContain(`clsact/${direction} classify:[${id}] id ${id}`);
        expect(queryTc(device, direction)).toEqual([{ handle: link.handle, priority: link.priority, programId: id }]);
        link.detach();
        link.detach();
        send(5);
        expect(hits("tc_hits")).toBe(5);
        expect(queryTc(device, direction)).toEqual([]);
        expect(output(`tc qdisc show dev ${device}`)).not.toContain("clsact");
      });
    },
  );

  it("runs programs of tcx sections where the section says, or elsewhere", async () => {
    await onVeth(({ skel, send, hits }) => {
      skel.progs.on_ingress.attachTc({ interface: "two" });
      skel.progs.on_egress.attachTc({ interface: "one" });
      send(2);
      expect([hits("ingress_hits"), hits("egress_hits")]).toEqual([2, 2]);
      const elsewhere = skel.progs.on_egress.attachTc({ interface: "two", direction: "ingress" });
      send(1);
      expect(hits("egress_hits")).toBe(4);
      elsewhere.detach();
    });
  });

  it("puts a filter where it is told to, and replaces one only then", async () => {
    await onVeth(({ skel, send, hits }) => {
      const where = { interface: "two", direction: "ingress", handle: 7, priority: 5 } as const;
      const { classify, on_ingress } = skel.progs;
      const first = classify.attachTc(where);
      expect([first.handle, first.priority]).toEqual([7, 5]);
      expect(thrownBy(() => on_ingress.attachTc(where)).message).toBe(
        'attaching program "on_ingress" at ingress of interface two (tc): netlink(RTM_NEWTFILTER) failed with EEXIST: Filter already exists',
      );
      const second = on_ingress.attachTc({ ...where, replace: true });
      send(1);
      expect([hits("tc_hits"), hits("ingress_hits")]).toEqual([0, 1]);
      // Its filter was replaced: the new one stays.
      first.detach();
      expect(queryTc("two", "ingress")).toEqual([{ handle: 7, priority: 5, programId: programId(on_ingress) }]);
      second.update(classify);
      send(1);
      expect([hits("tc_hits"), hits("ingress_hits")]).toEqual([1, 1]);
      expect(thrownBy(() => second.update(classify, { expected: on_ingress })).code).toBe("unsupported");
      second.detach();
      expect(hasClsact()).toBe(false);
    });
  });

  it("removes the clsact qdisc with the last filter, whoever was first", async () => {
    await onVeth(({ skel }) => {
      const one = skel.progs.classify.attachTc({ interface: "two", direction: "ingress" });
      const other = skel.progs.on_ingress.attachTc({ interface: "two", direction: "egress" });
      one.detach();
      expect(hasClsact()).toBe(true);
      other.detach();
      expect(hasClsact()).toBe(false);
    });
  });

  it("leaves the clsact qdisc to whoever made it, and to whoever else has a filter in it", async () => {
    await onVeth(({ skel }) => {
      output("tc qdisc add dev two clsact");
      skel.progs.classify.attachTc({ interface: "two", direction: "ingress" }).detach();
      expect(hasClsact()).toBe(true);
      output("tc qdisc del dev two clsact");
      const link = skel.progs.classify.attachTc({ interface: "two", direction: "ingress" });
      output("tc filter add dev two egress protocol ip pref 3 u32 match u32 0 0");
      link.detach();
      expect(hasClsact()).toBe(true);
      expect(output("tc filter show dev two egress")).toContain("pref 3 u32");
    });
  });

  it("runs at ingress of an ingress qdisc, which has no egress", async () => {
    await onVeth(({ skel, send, hits }) => {
      output("tc qdisc add dev two ingress");
      const refused = thrownBy(() => skel.progs.classify.attachTc({ interface: "two", direction: "egress" }));
      expect(refused.message).toMatch(/: the interface has an ingress qdisc, which has no egress$/u);
      skel.progs.classify.attachTc({ interface: "two", direction: "ingress" });
      send(1);
      expect(hits("tc_hits")).toBe(1);
      skel.detach();
      expect(output("tc qdisc show dev two")).toContain("qdisc ingress ffff:");
    });
  });

  it("refuses what can't be", async () => {
    await onVeth(({ skel }) => {
      const { classify } = skel.progs;
      const messageOf = (options: object): string =>
        thrownBy(() => classify.attachTc({ interface: "two", direction: "ingress", ...options })).message;
      const doing = 'attaching program "classify" with tc: ';
      expect(messageOf({ interface: "tow" })).toBe(`${doing}there is no interface tow in this network namespace`);
      expect(messageOf({ direction: "in" })).toBe(`${doing}direction is "in"`);
      expect(messageOf({ direction: undefined })).toBe(`${doing}direction is "undefined"`);
      expect(messageOf({ handle: 0 })).toBe(`${doing}handle is 0`);
      expect(messageOf({ priority: 65536 })).toBe(`${doing}priority is 65536`);
      expect(hasClsact()).toBe(false);
    });
  });

  it("can be detached when the interface, the qdisc or the filter is gone", async () => {
    await onVeth(({ skel }) => {
      const attach = (): { detach(): void } => skel.progs.classify.attachTc({ interface: "two", direction: "ingress" });
      const withoutFilter = attach();
      output("tc filter del dev two ingress");
      withoutFilter.detach();
      expect(hasClsact()).toBe(false);
      const withoutQdisc = attach();
      output("tc qdisc del dev two clsact");
      withoutQdisc.detach();
      const withoutInterface = attach();
      removeDevice("one");
      withoutInterface.detach();
    });
  });
});

/** Attaches both ways that are no links, prints a line, and lives until it is told otherwise. */
const attacher = (end: string): string => `
  import { packets } from "./test/objects/packets.skel.ts";
  const skel = packets.load();
  skel.progs.classify.attachTc({ interface: "two", direction: "ingress" });
  skel.progs.xdp_pass.attachXdp({ interface: "two", via: "netlink" });
  console.log("attached");
  ${end}
`;

describeWithKernel("the end of a process", {}, () => {
  it.each([
    ["SIGTERM", "setInterval(() => {}, 1000);", "SIGTERM"],
    ["SIGINT", "setInterval(() => {}, 1000);", "SIGINT"],
    ["SIGHUP", "setInterval(() => {}, 1000);", "SIGHUP"],
    [
      "a signal that the app listens to",
      'process.once("SIGTERM", () => process.exit(3)); setInterval(() => {}, 1000);',
      3,
    ],
    ["process.exit()", "process.stdin.once('data', () => process.exit(4));", 4],
    ["an exception", "process.stdin.once('data', () => { throw new Error('on purpose'); });", 1],
  ])("removes filters and programs that are no links: %s", async (name, end, expected) => {
    await onVeth(async () => {
      const node = ["--import", "tsx", "--input-type=module", "-e", attacher(end)];
      const child = spawn(process.execPath, node, { stdio: ["pipe", "pipe", "ignore"] });
      await once(child.stdout, "data");
      expect([queryTc("two", "ingress").length, queryXdp("two").length]).toEqual([1, 1]);
      if (end.includes("stdin")) child.stdin.end("now\n");
      else child.kill(name.startsWith("SIG") ? (name as NodeJS.Signals) : "SIGTERM");
      const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
      expect(code ?? signal).toBe(expected);
      expect(queryXdp("two")).toEqual([]);
      expect(hasClsact()).toBe(false);
      expect(output("bpftool net show dev two")).not.toContain("two(");
    });
  });
});
