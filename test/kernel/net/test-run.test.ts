import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, it } from "vitest";

import { u64, type Codec } from "../../../src/runtime/index.ts";
import { runs } from "../../objects/runs.skel.ts";
import { makePair } from "../../support/devices.ts";
import { describeWithKernel } from "../../support/kernel.ts";
import { inOwnNetwork } from "../../support/own-network.ts";
import { thrownBy } from "../../support/thrown.ts";
import { programId } from "./on-veth.ts";

/** Not loaded otherwise: Linux 5.10 has none of them. */
const loaded = { autoload: true };
const every = { progs: { look: loaded, add: loaded, filter: loaded } };

/** An Ethernet frame with an IPv4 packet, 64 bytes. */
function frame(): Uint8Array {
  const bytes = new Uint8Array(64).fill(0x55);
  bytes.set([8, 0, 0x45, 0, 0, 50], 12);
  return bytes;
}

/** What `bpftool prog run` gets from the same program. */
function bpftoolRun(id: number, input: Uint8Array): { readonly returned: number; readonly data: Uint8Array } {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-run-"));
  try {
    const [from, to] = [join(folder, "in"), join(folder, "out")];
    writeFileSync(from, input);
    const printed = execFileSync("bpftool", ["prog", "run", "id", String(id), "data_in", from, "data_out", to], {
      encoding: "utf8",
    });
    return { returned: Number(/Return value: (\d+)/u.exec(printed)?.[1]), data: new Uint8Array(readFileSync(to)) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describeWithKernel("testRun", {}, () => {
  it("runs an XDP program on a frame, as bpftool does, and names what it returns", () => {
    using skel = runs.load();
    const result = skel.progs.grow.testRun({ data: frame() });
    expect(result).toMatchObject({ returnValue: 3, action: "XDP_TX", context: undefined });
    expect(result.data).toHaveLength(72);
    const theirs = bpftoolRun(programId(skel.progs.grow), frame());
    expect([...result.data]).toEqual([...theirs.data]);
    expect(result.returnValue).toBe(theirs.returned);
    expect(skel.bss.runs).toBe(2);
  });

  it("gives an XDP program metadata, and an interface", async () => {
    await inOwnNetwork(() => {
      makePair("veth", "one", "two");
      using skel = runs.load();
      const context = { data: 8, ingress_ifindex: 2, rx_queue_index: 0 };
      const result = skel.progs.grow.testRun({ data: frame(), context });
      expect([skel.bss.meta, skel.bss.ifindex, skel.bss.rx_queue]).toEqual([8, 2, 0]);
      // Eight bytes of headroom were used: the metadata, which moves along, is in front of them.
      expect(result.context).toMatchObject({ data: 8, ingress_ifindex: 2 });
      expect(result.context?.data_end).toBe(result.data.length);
    });
  });

  it("gives a program of tc a context, and brings back what it has made of it", () => {
    using skel = runs.load();
    const context = { mark: 7, priority: 3, ifindex: 1, cb: [1, 2, 3, 4, 5], tstamp: 5n };
    const result = skel.progs.change.testRun({ data: frame(), context });
    expect([skel.bss.mark, skel.bss.priority, skel.bss.ifindex, skel.bss.cb_sum]).toEqual([7, 3, 1, 15]);
    expect(result).toMatchObject({ returnValue: 2, action: "TC_ACT_SHOT" });
    expect(result.context).toMatchObject({ mark: 99, priority: 3, ifindex: 1, cb: [1, 2, 3, 4, 1000], tstamp: 5n });
    expect([...result.data]).toEqual([...bpftoolRun(programId(skel.progs.change), frame()).data]);
  });

  it("takes a context as bytes, too", () => {
    using skel = runs.load();
    const bytes = new Uint8Array(192);
    bytes[8] = 42;
    expect(skel.progs.change.testRun({ data: frame(), context: bytes }).context?.mark).toBe(99);
    expect(skel.bss.mark).toBe(42);
  });

  it("names what tc programs return", () => {
    using skel = runs.load();
    const { act, tcx } = skel.progs;
    expect(act.testRun({ data: frame() })).toMatchObject({ returnValue: -1, action: "TC_ACT_UNSPEC" });
    expect(tcx.testRun({ data: frame() })).toMatchObject({ returnValue: 7, action: "TC_ACT_REDIRECT" });
  });

  it("runs programs that get packets, of every kind", () => {
    using skel = runs.load();
    const { socket_filter, of_cgroup, in: lwtIn, out, xmit } = skel.progs;
    for (const program of [socket_filter, of_cgroup, lwtIn, out, xmit]) {
      const before = skel.bss.runs;
      const { returnValue } = program.testRun({ data: frame(), context: { mark: 12 } });
      expect([skel.bss.runs - before, skel.bss.mark], program.name).toEqual([1, 12]);
      expect(returnValue, program.name).toBe(program === socket_filter ? 50 : program === of_cgroup ? 1 : 0);
    }
  });

  it("runs a program as often as it is told, and measures one run", () => {
    using skel = runs.load();
    const { duration } = skel.progs.pass.testRun({ data: frame(), repeat: 1000 });
    expect(skel.bss.runs).toBe(1000);
    expect(duration).toBeGreaterThanOrEqual(0);
    expect(Number.isInteger(duration)).toBe(true);
  });

  it("sends live frames", async () => {
    await inOwnNetwork(() => {
      makePair("veth", "one", "two");
      using skel = runs.load();
      // What is passed on gets to the network stack, and so to a filter.
      skel.progs.tcx.attachTc({ interface: "two" });
      const options = { data: frame(), context: { ingress_ifindex: 2 }, repeat: 200, liveFrames: { batchSize: 16 } };
      const result = skel.progs.pass.testRun(options);
      expect(result).toMatchObject({ action: undefined, context: undefined });
      expect(skel.bss.runs).toBeGreaterThanOrEqual(400);
    });
  });

  it("takes a frame apart with a flow dissector", () => {
    using skel = runs.load();
    const { flowKeys, data, returnValue } = skel.progs.dissect.testRun({ data: frame(), context: { flags: 1 } });
    expect(returnValue).toBe(0);
    expect(flowKeys).toMatchObject({
      nhoff: 14,
      thoff: 34,
      ip_proto: 17,
      ipv4_src: 0x0101010a,
      flags: 1,
      flow_label: 1,
    });
    expect(data).toHaveLength(56);
  });

  it("looks up a socket", () => {
    using skel = runs.load(every);
    const context = { family: 2, protocol: 6, local_port: 4711, remote_ip4: 0x0100007f };
    expect(skel.progs.look.testRun({ context })).toMatchObject({ returnValue: 1, context: { cookie: 0n, family: 2 } });
    expect(skel.progs.look.testRun({ context: { ...context, local_port: 4712 } }).returnValue).toBe(0);
  });

  it("asks a netfilter program", () => {
    using skel = runs.load(every);
    const options = { data: frame(), context: { hook: 1, pf: 2 } };
    expect(skel.progs.filter.testRun(options).returnValue).toBe(1);
    expect(skel.bss.runs).toBe(1);
  });

  it("gives a raw tracepoint's program arguments, on a CPU", () => {
    using skel = runs.load();
    const result = skel.progs.arguments.testRun({ context: [40n, 2n, 0xffff_ffff_ffff_ffffn], cpu: 1 });
    expect(result).toMatchObject({ returnValue: 5, context: undefined });
    expect([skel.bss.argument_sum, skel.bss.cpu]).toEqual([42n, 1]);
    expect(thrownBy(() => skel.progs.arguments.testRun({ context: [1n] })).message).toContain("EINVAL");
    expect(thrownBy(() => skel.progs.arguments.testRun({ context: Array<bigint>(13).fill(0n) })).message).toBe(
      'test-running program "arguments": 13 arguments are more than 12',
    );
  });

  it("calls a program with a context of its own", () => {
    using skel = runs.load(every);
    const numbers: Codec<{ a: bigint; b: bigint; sum: bigint }> = {
      size: 24,
      read: (from, at) => ({ a: from.u64(at), b: from.u64(at + 8), sum: from.u64(at + 16) }),
      write: (to, at, { a, b, sum }) => {
        for (const [i, value] of [a, b, sum].entries()) u64.write(to, at + 8 * i, value);
      },
    };
    const result = skel.progs.add.run({ a: 40n, b: 2n, sum: 0n }, numbers);
    expect(result).toEqual({ returnValue: -7, context: { a: 40n, b: 2n, sum: 42n } });
    const bytes = new Uint8Array(24).fill(1);
    expect(skel.progs.add.run(bytes).context[16]).toBe(2);
    expect(bytes[16]).toBe(1);
  });

  it("says what can't be", () => {
    using skel = runs.load();
    const messageOf = (act: () => unknown): string => thrownBy(act).message;
    expect(messageOf(() => skel.progs.pass.testRun({ data: new Uint8Array(5) }))).toBe(
      'test-running program "pass": bpf(BPF_PROG_TEST_RUN) failed with EINVAL: this kernel does not take this data, context or option for programs of this kind',
    );
    expect(messageOf(() => skel.progs.change.testRun({ data: frame(), context: { len: 4 } as object }))).toBe(
      'test-running program "change": "len" of struct __sk_buff can\'t be set',
    );
    expect(messageOf(() => skel.progs.pass.testRun({ data: frame(), repeat: -1 }))).toBe(
      'test-running program "pass": repeat is -1',
    );
    const noRoom = thrownBy(() => skel.progs.grow.testRun({ data: frame(), dataOutSize: 10 }));
    expect(noRoom.message).toContain("ENOSPC: there is no room for the data that came out");
    expect(noRoom.hints).toEqual(["72 bytes of data came out: set dataOutSize."]);
    expect(() => skel.progs.change.testRun({ data: frame(), context: { mark: -1 } })).toThrow(RangeError);
    expect("testRun" in skel.progs.cant).toBe(false);
  });
});
