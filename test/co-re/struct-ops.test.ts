import { readFileSync } from "node:fs";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import type { RelocationTargets } from "../../src/co-re/candidates.ts";
import { matchStructOps, type MatchedStructOps } from "../../src/co-re/struct-ops.ts";
import { planStructOps, structOpsTarget, type StructOpsSettings } from "../../src/co-re/struct-ops-plan.ts";
import type { BpfObject, MapDef } from "../../src/object/model.ts";
import { openObject } from "../../src/object/open.ts";
import { BtfBuilder, type BuilderBase } from "../support/btf-builder.ts";
import { survives } from "../support/survives.ts";
import { thrownBy } from "../support/thrown.ts";

const read = (path: string): BpfObject =>
  openObject(readFileSync(new URL(`../${path}`, import.meta.url)), { what: path.slice(path.lastIndexOf("/") + 1) });
const object = read("objects/struct-ops.stripped.bpf.o");
const map = (name: string): MapDef => object.maps.find((one) => one.name === name)!;

type RawMember = readonly [name: string, type: "function" | "u32" | "text" | "pointer" | "u64", bitSize?: number];

const members: readonly RawMember[] = [
  ["flags", "u32"],
  ["key", "u32"],
  ["cong_avoid", "function"],
  ["name", "text"],
  ["undo_cwnd", "function"],
  ["ssthresh", "function"],
  ["init", "function"],
  ["release", "function"],
];

/** A kernel with a struct of these members, one behind the other, 8 bytes each but for the name. */
function kernelWith(raw: readonly RawMember[] = members, base?: BuilderBase, name = "tcp_congestion_ops"): BtfBuilder {
  const b = new BtfBuilder(base === undefined ? {} : { base });
  const [u32, u64, char] = [b.int("unsigned int", 4), b.int("unsigned long", 8), b.int("char", 1, { encoding: 1 })];
  const types = {
    u32,
    u64,
    text: b.array(char, 16),
    function: b.refer("ptr", b.add({ kind: "func_proto", sizeOrType: u32 })),
    pointer: b.refer("ptr", u32),
  };
  let bits = 0;
  const placed = raw.map(([member, type, bitSize]) => {
    const place = [member, types[type], bits, ...(bitSize === undefined ? [] : [bitSize])] as const;
    bits += type === "text" ? 128 : 64;
    return place as readonly [string, number, number, number?];
  });
  const struct = b.composite("struct", name, bits / 8, placed);
  b.composite("struct", `bpf_struct_ops_${name}`, 64 + bits / 8, [["common", u64, 0], ["data", struct, 512]]); // prettier-ignore
  return b;
}

const vmlinux = (raw?: readonly RawMember[]): RelocationTargets => ({ vmlinux: Btf.parse(kernelWith(raw).build()) });
const match = (name: string, targets: RelocationTargets): MatchedStructOps => {
  return matchStructOps(object, map(name), map(name).structOps!, targets);
};

describe("matching a struct_ops map with the kernel's struct", () => {
  it("puts every member where the kernel has it", () => {
    const { image, functions } = match("first", vmlinux());
    const bytes = Buffer.from(image);
    expect(bytes).toHaveLength(64 + 72);
    expect([bytes.readUInt32LE(64), bytes.readUInt32LE(72)]).toEqual([2, 0x12345678]);
    expect(bytes.toString("latin1", 88, 104).replaceAll("\0", "")).toBe("sops_first");
    expect(functions).toEqual([
      { program: "ssthresh", member: "ssthresh", index: 5, from: 0, offset: 64 + 48 },
      { program: "cong_avoid", member: "cong_avoid", index: 2, from: 8, offset: 64 + 16 },
      { program: "undo_cwnd", member: "undo_cwnd", index: 4, from: 16, offset: 64 + 40 },
      { program: "init", member: "init", index: 6, from: 24, offset: 64 + 56 },
    ]);
  });

  it("leaves out what the kernel does not have when it is zero", () => {
    expect(match("linked", vmlinux(members.filter(([name]) => name !== "init"))).functions).toHaveLength(3);
  });

  it.each<[string, readonly RawMember[], string]>([
    ["a function that it does not have", members.filter(([name]) => name !== "init"), "init of struct tcp_congestion_ops is set, and this kernel does not have it"],
    ["a value that it does not have", members.filter(([name]) => name !== "key"), "key of struct tcp_congestion_ops is set, and this kernel does not have it"],
    ["a value of another size", [["flags", "u64"], ...members.slice(1)], "flags of struct tcp_congestion_ops has 4 bytes, and 8 in the kernel"],
    ["a value of another kind", [["flags", "pointer"], ...members.slice(1)], "flags of struct tcp_congestion_ops is of kind int, and of kind ptr in the kernel"],
    ["a bit-field", [["flags", "u32", 4], ...members.slice(1)], "flags of struct tcp_congestion_ops is a bit-field, which can't be set"],
    ["a function that is something else", [...members.slice(0, 6), ["init", "pointer"]], "init of struct tcp_congestion_ops is no function in the kernel"],
  ])("refuses %s", (_, raw, message) => {
    expect(thrownBy(() => match("first", vmlinux(raw)))).toMatchObject({
      code: "bad-input",
      message: `loading struct-ops.stripped.bpf.o: first: the member ${message}`,
    });
  }); // prettier-ignore

  it("refuses programs that are not there, or of another kind", () => {
    const { contents } = map("first").structOps!;
    const withInit = (program: string) => () =>
      matchStructOps(object, map("first"), { contents, functions: new Map([[3, program]]) }, vmlinux());
    expect(thrownBy(withInit("nope")).message).toMatch(
      /init of struct .* is set to "nope", and the object has no such/u,
    );
  });

  it("names the nearest members and structs", () => {
    const renamed = members.map(([name, type]): RawMember => [name === "init" ? "inits" : name, type]);
    expect(thrownBy(() => match("first", vmlinux(renamed))).hints).toEqual([
      "Near it: inits.",
      "Make it null or zero between open() and load(), and it is left out.",
    ]);
    const other = { vmlinux: Btf.parse(kernelWith(members, undefined, "tcp_congestion_op").build()) };
    expect(thrownBy(() => match("first", other)).hints[0]).toBe("Near it: tcp_congestion_op.");
    const foreign = { vmlinux: Btf.parse(kernelWith(members, undefined, "sched_ext_ops").build()) };
    expect(thrownBy(() => match("first", foreign)).hints[0]).toBe("It takes: sched_ext_ops.");
    const none = { vmlinux: Btf.parse(new BtfBuilder().build()) };
    expect(thrownBy(() => match("first", none))).toMatchObject({
      message:
        "loading struct-ops.stripped.bpf.o: first: this kernel takes no struct tcp_congestion_ops from BPF programs",
      hints: [
        "It takes: none: struct_ops came with Linux 5.6.",
        "It may be in a module that is not loaded, or the kernel was built without it.",
      ],
    });
  });

  it("finds a struct in a module, and says so", () => {
    const base = Btf.parse(kernelWith(members, undefined, "sched_ext_ops").build());
    const module = Btf.parse(kernelWith(members, base).build(), { base });
    const { kernel } = match("first", { vmlinux: base, modules: [module] });
    expect(kernel.btf).toBe(module);
    expect([module.name(kernel.typeId), module.name(kernel.valueTypeId)]).toEqual([
      "tcp_congestion_ops",
      "bpf_struct_ops_tcp_congestion_ops",
    ]);
    expect(kernel.typeId).toBeGreaterThan(base.typeCount);
  });
});

describe("hostile types of a kernel", () => {
  it("are read, or refused with an error of ours", () => {
    const original = kernelWith().build();
    const change = fc.record({ at: fc.nat(original.length - 1), value: fc.nat(255) });
    const property = fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
      const bytes = Uint8Array.from(original);
      for (const { at, value } of changes) bytes[at] = value;
      return survives(() => {
        const { image, functions } = match("first", { vmlinux: Btf.parse(bytes) });
        for (const { offset } of functions) expect(offset + 8).toBeLessThanOrEqual(image.length);
      });
    });
    fc.assert(property, { numRuns: 1000 });
  });
});

describe("which programs struct_ops maps need", () => {
  const plan = (settings: Partial<StructOpsSettings> = {}, of = object): Record<string, boolean> =>
    Object.fromEntries(
      planStructOps(of, { isCreated: ({ autocreate }) => autocreate, ...settings }, vmlinux()).autoload,
    );

  it("are those of maps that are created, whatever their section says", () => {
    expect(plan()).toEqual({ ssthresh: true, cong_avoid: true, undo_cwnd: true, init: true, release: false });
    expect(plan({ isCreated: ({ name }) => name === "linked" })).toEqual({
      ...{ ssthresh: true, cong_avoid: true, undo_cwnd: true },
      ...{ init: false, release: false },
    });
    expect(plan({ isCreated: () => false })).toEqual({
      ...{ ssthresh: false, cong_avoid: false, undo_cwnd: false },
      ...{ init: false, release: false },
    });
  });

  it("are not those that were taken out of their map", () => {
    const { contents, functions } = map("first").structOps!;
    const without = new Map([...functions].filter(([, name]) => name !== "init"));
    expect(plan({ values: new Map([["first", { contents, functions: without }]]) })).toMatchObject({ init: false });
    const replaced = new Map([...functions, [3, "release"] as const]);
    const values = new Map([["first", { contents, functions: replaced }]]);
    expect(plan({ values })).toMatchObject({ init: false, release: true });
  });

  it("look at no kernel without such maps", () => {
    const targets = {
      get vmlinux(): Btf {
        throw new Error("the kernel's types were read");
      },
    };
    const without = read("objects/maps.bpf.o");
    expect(planStructOps(without, { isCreated: () => true }, targets).autoload.size).toBe(0);
  });

  it("have one place each", () => {
    const reuse = read("objects/struct-ops.reuse.stripped.bpf.o");
    expect(thrownBy(() => plan({}, reuse)).message).toBe(
      'loading struct-ops.reuse.stripped.bpf.o: second: program "ssthresh" can\'t be tcp_congestion_ops.undo_cwnd, it is tcp_congestion_ops.ssthresh already',
    );
  });

  it("are told what they attach to, or that they are in no map", () => {
    const unused = read("objects/struct-ops.unused.stripped.bpf.o");
    const made = planStructOps(unused, { isCreated: ({ autocreate }) => autocreate }, vmlinux());
    const target = (name: string) => () =>
      structOpsTarget(
        unused,
        made,
        unused.programs.find((program) => program.name === name)!,
      );
    expect(target("cong_avoid")()).toMatchObject({ index: 2, kernel: { name: "tcp_congestion_ops" } });
    expect(thrownBy(target("lonely"))).toMatchObject({
      code: "bad-input",
      message:
        'loading struct-ops.unused.stripped.bpf.o: program "lonely" (SEC("struct_ops/lonely")) is in no struct_ops map that is created',
      hints: [
        'Put it into a variable in SEC(".struct_ops.link"), or write SEC("?struct_ops/lonely") to load it only when it is used.',
      ],
    });
  });
});
