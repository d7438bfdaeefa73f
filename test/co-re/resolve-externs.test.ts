import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { encodeBtf } from "../../src/btf/encode.ts";
import type { BtfType } from "../../src/btf/types.ts";
import { addressesAreHidden, addressesOf } from "../../src/co-re/kallsyms.ts";
import { calledModules, fillInExterns } from "../../src/co-re/fill-in-externs.ts";
import type { ModuleTypes } from "../../src/co-re/kernel-types.ts";
import { resolveExterns, type KernelSymbols } from "../../src/co-re/resolve-externs.ts";
import type { Insn } from "../../src/object/insn/insn.ts";
import { openObject } from "../../src/object/open.ts";
import { BtfBuilder } from "../support/btf-builder.ts";
import { thrownBy } from "../support/thrown.ts";

const object = openObject(readFileSync("test/objects/ksyms.bpf.o"), { what: "ksyms.bpf.o" });
const strong = openObject(readFileSync("test/objects/module-ksyms.bpf.o"), { what: "module-ksyms.bpf.o" });

const INT: BtfType = { kind: "int", name: "int", size: 4, bits: 32, offset: 0, signed: true, char: false, bool: false };
const struct = (name: string): BtfType => ({ kind: "struct", name, size: 4, members: [] });
const pointer = (type: number): BtfType => ({ kind: "ptr", name: "", type });
const proto = (returns: number, ...params: number[]): BtfType => ({
  kind: "func_proto",
  name: "",
  type: returns,
  params: params.map((type, index) => ({ name: `p${index}`, type })),
});
const func = (name: string, type: number): BtfType => ({ kind: "func", name, type, linkage: "static" });
const variable = (name: string, type: number): BtfType => ({ kind: "var", name, type, linkage: "global" });

function kernelOf(
  types: readonly BtfType[],
  kallsyms: string = KALLSYMS,
  modules: readonly ModuleTypes[] = [],
): KernelSymbols {
  return { vmlinux: Btf.parse(encodeBtf(types, true)), modules, kallsyms: () => kallsyms };
}

const KALLSYMS = "ffffffff81000000 T _stext\nffffffff81000020 t other\n";

/** [1] int, [2] struct task_struct, [3] its pointer, [4] task *(int), [5] void (task *), [6] struct rq. */
const TASKS = [INT, struct("task_struct"), pointer(2), proto(3, 1), proto(0, 3), struct("rq")];

const resolvedNames = (kernel: KernelSymbols): Record<string, unknown> =>
  Object.fromEntries([...resolveExterns(object, kernel)].map(([index, found]) => [object.externs[index]!.name, found]));

describe("externs of a kernel", () => {
  it("are in libbpf's order, by which poisoned calls are numbered", () => {
    expect(object.externs.map(({ name, declares }) => `${name} ${declares}`)).toEqual([
      "LINUX_KERNEL_VERSION variable",
      "_stext address",
      "bpf_task_from_pid function",
      "bpf_task_from_pid___core_gen function",
      "bpf_task_release function",
      "bpf_task_release___otherwise function",
      "core_gen_function function",
      "core_gen_symbol address",
      "core_gen_variable variable",
      "runqueues variable",
    ]);
  });

  it("are found by name, functions by their name without a flavour", () => {
    const kernel = kernelOf([
      ...TASKS,
      func("bpf_task_from_pid", 4),
      func("bpf_task_release", 5),
      variable("runqueues", 6),
    ]);
    expect(resolvedNames(kernel)).toEqual({
      _stext: { kind: "address", address: 0xffff_ffff_8100_0000n },
      bpf_task_from_pid: { kind: "function", id: 7, module: undefined },
      bpf_task_from_pid___core_gen: { kind: "function", id: 7, module: undefined },
      bpf_task_release: { kind: "function", id: 8, module: undefined },
      bpf_task_release___otherwise: { kind: "absent" },
      core_gen_function: { kind: "absent" },
      core_gen_symbol: { kind: "absent" },
      core_gen_variable: { kind: "absent" },
      runqueues: { kind: "variable", id: 9, module: undefined },
    });
  });

  it("are found in modules when the kernel itself has none, the first one that has it", () => {
    const base = Btf.parse(encodeBtf(TASKS, true));
    const modules = ["first", "second", "third"].map((name): ModuleTypes => {
      const b = new BtfBuilder({ base });
      if (name !== "first") b.add({ kind: "func", name: "bpf_task_release", sizeOrType: 5 });
      return { name, types: Btf.parse(b.build(), { base }) };
    });
    const { bpf_task_release } = resolvedNames({ vmlinux: base, modules, kallsyms: () => KALLSYMS });
    expect(bpf_task_release).toEqual({ kind: "function", id: 7, module: modules[1] });
  });

  it("that the kernel declares otherwise are refused, but for weak functions", () => {
    const refused = thrownBy(() => resolveExterns(object, kernelOf([...TASKS, variable("runqueues", 1)])));
    expect(refused).toMatchObject({
      code: "bad-input",
      message:
        "loading ksyms.bpf.o: the kernel's variable runqueues is not what the object declares: it is int int, declared as struct rq",
    });
  });

  it.each([
    [[], "this kernel has no kfunc bpf_ct_release, which the object declares as __ksym"],
    [
      [INT, proto(0, 1, 1), func("bpf_ct_release", 2)],
      "the kernel's kfunc bpf_ct_release is not what the object declares: it takes 2 arguments, and is declared with one argument",
    ],
    [
      [INT, proto(0, 1), func("bpf_ct_release", 2)],
      "the kernel's kfunc bpf_ct_release is not what the object declares: argument 1 is int int, declared as a pointer to struct nf_conn",
    ],
    [
      [struct("nf_conn"), pointer(1), proto(1, 2), func("bpf_ct_release", 3)],
      "the kernel's kfunc bpf_ct_release is not what the object declares: what it returns is struct nf_conn, declared as void",
    ],
  ])("that are strong are refused: %#", (types, message) => {
    expect(thrownBy(() => resolveExterns(strong, kernelOf(types)))).toMatchObject({
      code: "bad-input",
      message: `loading module-ksyms.bpf.o: ${message}`,
    });
  });

  it("that have several addresses are refused, and hidden ones are told apart", () => {
    const twice = `${KALLSYMS}ffffffff81000040 t _stext\n`;
    expect(thrownBy(() => resolveExterns(object, kernelOf([], twice))).message).toContain(
      "the kernel has several symbols _stext, at 0xffffffff81000000 and 0xffffffff81000040",
    );
    const hidden = KALLSYMS.replaceAll(/^f\w+/gmu, "0000000000000000");
    expect(thrownBy(() => resolveExterns(object, kernelOf([], hidden)))).toMatchObject({
      message: "loading ksyms.bpf.o: the kernel hides the address of _stext: /proc/kallsyms has zeros only",
      hints: [expect.stringContaining("kptr_restrict")],
    });
  });
});

describe("/proc/kallsyms", () => {
  const text = [
    "0000000000000000 A fixed_percpu_data",
    "ffffffff81000000 T whole",
    "ffffffff81000010 T whole_and_more",
    "ffffffffc0000000 t whole\t[some_module]",
    "ffffffff82000000 d renamed.llvm.1234567",
    "ffffffff81000030 t code.llvm.1234567",
    "ffffffff81000040 t last",
  ].join("\n");

  it.each([
    ["whole", [0xffff_ffff_8100_0000n, 0xffff_ffff_c000_0000n]],
    ["renamed", [0xffff_ffff_8200_0000n]],
    // libbpf looks through the compiler's renaming of data only.
    ["code", []],
    ["last", [0xffff_ffff_8100_0040n]],
    ["fixed_percpu_data", [0n]],
    ["some_module", []],
    ["[some_module]", []],
    ["T", []],
    ["hole", []],
  ])("says where %s is", (name, addresses) => {
    expect(addressesOf(text, name)).toEqual(addresses);
  });

  it("may hide all of them", () => {
    expect(addressesAreHidden(text)).toBe(false);
    expect(addressesAreHidden("0000000000000000 A fixed\n0000000000000000 T whole\n")).toBe(true);
    expect(addressesAreHidden("")).toBe(false);
  });
});

describe("instructions with externs", () => {
  const modules = ["one", "two"].map((name): ModuleTypes => ({ name, types: object.btf! }));
  const call = (): Insn => ({ code: 0x85, dst: 0, src: 1, off: 0, imm: -1 });
  const load = (): Insn[] => [
    { code: 0x18, dst: 2, src: 0, off: 0, imm: 0 },
    { code: 0, dst: 0, src: 0, off: 0, imm: 0 },
  ];
  const externs = new Map([
    [0, { kind: "function" as const, id: 70, module: modules[1] }],
    [1, { kind: "function" as const, id: 80, module: modules[0] }],
    [2, { kind: "function" as const, id: 90, module: undefined }],
    [3, { kind: "absent" as const }],
    [4, { kind: "address" as const, address: 0xffff_ffff_8100_0000n }],
    [5, { kind: "variable" as const, id: 100, module: modules[0] }],
  ]);
  const filled = (insns: Insn[], extern: number): Insn[] => {
    fillInExterns(insns, [{ insn: 0, target: { kind: "extern", extern } }], externs, ({ name }) => name.length);
    return insns;
  };

  it("name modules by their place among those whose functions are called", () => {
    expect(calledModules(externs)).toEqual([modules[1], modules[0]]);
    expect(filled([call()], 0)).toEqual([{ code: 0x85, dst: 0, src: 2, off: 1, imm: 70 }]);
    expect(filled([call()], 1)).toEqual([{ code: 0x85, dst: 0, src: 2, off: 2, imm: 80 }]);
    expect(filled([call()], 2)).toEqual([{ code: 0x85, dst: 0, src: 2, off: 0, imm: 90 }]);
  });

  it("call what no kernel has where there is nothing to call", () => {
    expect(filled([call()], 3)).toEqual([{ code: 0x85, dst: 0, src: 0, off: 0, imm: 2002000003 }]);
    expect(filled(load(), 3)).toEqual(load());
  });

  it("load addresses, and types by their id and their module's descriptor", () => {
    expect(filled(load(), 4).map(({ imm }) => imm)).toEqual([0x8100_0000 | 0, -1]);
    expect(filled(load(), 5)).toMatchObject([
      { src: 3, imm: 100 },
      { src: 0, imm: 3 },
    ]);
    expect(filled(load(), 2)).toMatchObject([
      { src: 3, imm: 90 },
      { src: 0, imm: 0 },
    ]);
  });

  it("refuse to call a variable, and references that are cut off", () => {
    expect(() => filled([call()], 5)).toThrow("a __ksym variable is called like a function");
    expect(() => filled(load().slice(0, 1), 4)).toThrow("the reference to an extern in instruction 0 is cut off");
  });
});
