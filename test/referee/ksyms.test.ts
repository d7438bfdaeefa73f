import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { afterAll, describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import type { LoadingMachine } from "../../src/cli/insn-lines.ts";
import type { ModuleTypes } from "../../src/co-re/kernel-types.ts";
import { isCoreGenError } from "../../src/errors.ts";
import { replaceTaggedArguments } from "../../src/object/arg-ctx.ts";
import { linkProgram } from "../../src/object/link.ts";
import { openObject } from "../../src/object/open.ts";
import { BtfBuilder } from "../support/btf-builder.ts";
import { asReferee, kernelBtfs, readKernel, type KernelBtf } from "./kernels.ts";
import { machineWith, ourLinesWithRecords } from "./our-lines.ts";
import { dumpRaw } from "../../src/btf/dump-raw.ts";
import { corpusObjects, describeWithReferee, referee, refereeLines, type RefereeOptions } from "./referee.ts";

const root = join(import.meta.dirname, "../..");
const fixture = (name: string): string => join(root, `test/objects/${name}.bpf.o`);
const folder = mkdtempSync(join(tmpdir(), "core-gen-ksyms-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const REFUSED = "refused";

function ours(path: string, machine: LoadingMachine): string[] | typeof REFUSED {
  try {
    return ourLinesWithRecords(openObject(readFileSync(path), { what: basename(path) }), machine);
  } catch (error) {
    if (isCoreGenError(error) && error.code === "bad-input") return REFUSED;
    throw error;
  }
}

const theirs = (path: string, options: RefereeOptions): string[] | typeof REFUSED =>
  refereeLines(path, { ...options, info: true }) ?? REFUSED;

/** Where the symbols of the fixtures are, among others. */
const KALLSYMS = [
  "0000000000000000 A fixed_percpu_data",
  "ffffffff81000000 T _stext",
  "ffffffff81000000 T _text",
  "ffffffff81000007 T _stext_and_more",
  "ffffffff9234567a d core_gen_symbol.llvm.1234567890",
  "ffffffffc0000000 t somewhere\t[some_module]",
].join("\n");

describeWithReferee("objects with __ksym externs, as libbpf loads them", {}, () => {
  // A kernel of another byte order crashes libbpf.
  describe.each(kernelBtfs().filter(({ foreign }) => !foreign))("on $name", (kernel) => {
    const kallsyms = join(folder, "kallsyms");
    writeFileSync(kallsyms, `${KALLSYMS}\n`);

    it.each(["ksyms", "exceptions", "arg-ctx", "jump-tables"])("%s", (name) => {
      const machine = machineWith(kernel, { kallsyms: () => KALLSYMS });
      const lines = theirs(fixture(name), { ...asReferee(kernel), kallsyms });
      expect(ours(fixture(name), machine)).toEqual(lines);
      // There is a kernel with exceptions since 6.7 only.
      expect(lines === REFUSED).toBe(name === "exceptions" && /5\.10|6\.1$/u.test(kernel.name));
    });

    it("whose symbol has two addresses are refused by both", () => {
      const ambiguous = `${KALLSYMS}\nffffffff81000099 t _stext\n`;
      writeFileSync(join(folder, "ambiguous"), ambiguous);
      const machine = machineWith(kernel, { kallsyms: () => ambiguous });
      expect(ours(fixture("ksyms"), machine)).toBe(REFUSED);
      expect(theirs(fixture("ksyms"), { ...asReferee(kernel), kallsyms: join(folder, "ambiguous") })).toBe(REFUSED);
    });

    it.each([
      ["in the first", ["one", "two"]],
      ["in the second", ["empty", "one"]],
      ["in both", ["two", "empty", "one"]],
    ])("whose functions are in modules: %s", (_what, names) => {
      const path = inModules();
      const modules = names.map((name) => makeModule(kernel, name));
      const machine = machineWith(kernel, { modules: modules.map(({ types }) => types) });
      const options = { ...asReferee(kernel), modules: modules.map(({ types, file }) => [types.name, file] as const) };
      const lines = theirs(path, options);
      expect(ours(path, machine)).toEqual(lines);
      expect(lines === REFUSED).toBe(false);
      expect(lines).toContainEqual(expect.stringMatching(/^prog enter_by_module .* module=one$/u));
    });

    it("whose functions are in no module are refused by both", () => {
      const empty = makeModule(kernel, "empty");
      const machine = machineWith(kernel, { modules: [empty.types] });
      expect(ours(inModules(), machine)).toBe(REFUSED);
      expect(theirs(inModules(), { ...asReferee(kernel), modules: [["empty", empty.file]] })).toBe(REFUSED);
    });
  });
});

/** module-ksyms.bpf.o with names that no kernel has, and with its programs of `SEC("?…")` loaded. */
function inModules(): string {
  let text = readFileSync(fixture("module-ksyms")).toString("latin1");
  const rename = (from: string, to: string): void => {
    text = text.replaceAll(from, to);
  };
  rename("bpf_skb_ct_lookup", "cg__skb_ct_lookup");
  rename("bpf_ct_release", "cg__ct_release");
  rename("?fentry/veth:veth_open", "fentry/one:cg_open\0\0\0\0");
  rename("?fentry/veth_open", "fentry/cg__open\0\0");
  const path = join(folder, "in-modules.bpf.o");
  writeFileSync(path, Buffer.from(text, "latin1"));
  return path;
}

/** A module on top of a kernel: "one" has one of the two functions that are called and those to attach to, "two" has all. */
function makeModule(kernel: KernelBtf, name: string): { types: ModuleTypes; file: string } {
  const base = readKernel(kernel).kernel;
  const b = new BtfBuilder({ base });
  const func = (of: string, type: number): void => {
    b.add({ kind: "func", name: of, sizeOrType: type });
  };
  const proto = (returns: number, params: readonly number[]): number =>
    b.add({
      ...{ kind: "func_proto", vlen: params.length, sizeOrType: returns },
      words: params.flatMap((type, index) => [b.string(`p${index}`), type]),
    });
  if (name !== "empty") {
    const [int, connection] = [base.find("unsigned int", "int")!, b.refer("ptr", b.composite("struct", "conn", 8, []))];
    const struct = (of: string): number => b.refer("ptr", base.find(of, "struct")!);
    const options = b.refer("ptr", b.composite("struct", "cg_opts", 12, []));
    func("cg__ct_release", proto(0, [connection]));
    func("cg__open", proto(int, []));
    func("cg_open", proto(int, []));
    const params = [struct("__sk_buff"), struct("bpf_sock_tuple"), int, options, int];
    func("cg__skb_ct_lookup", proto(connection, params));
  }
  const bytes = b.build();
  const file = join(folder, `${name}.btf`);
  writeFileSync(file, bytes);
  return { types: { name, types: Btf.parse(bytes, { what: name, base }) }, file };
}

describeWithReferee("the types of an object, as libbpf loads them", { corpus: ["objects"] }, () => {
  const [host] = kernelBtfs();

  it("are the same bytes", { timeout: 120_000 }, () => {
    let compared = 0;
    const own = ["ksyms", "exceptions", "arg-ctx", "linking", "maps", "kconfig"].map(fixture);
    for (const path of [...own, ...corpusObjects()]) {
      const { end, types } = referee(path, { kernel: host!.path, types: true });
      const mine = end.status === "ok" ? openObject(readFileSync(path)).btf : undefined;
      if (types === undefined || mine === undefined) continue;
      expect(Buffer.from(mine.bytes).equals(Buffer.from(types)), basename(path)).toBe(true);
      compared++;
    }
    expect(compared).toBeGreaterThan(80);
  });

  it("have functions with the context's type where the kernel doesn't know the tag arg:ctx", () => {
    const { types, programs, warnings } = referee(fixture("arg-ctx"), {
      types: true,
      info: true,
      without: ["arg_ctx"],
    });
    const object = openObject(readFileSync(fixture("arg-ctx")));
    const tagged = object.programs
      .filter(({ autoload }) => autoload)
      .map((program) => ({
        ...{ name: program.name, type: program.def!.typeName },
        funcInfo: linkProgram(object, program, (code) => code.insns).funcInfo,
      }));
    const replaced = replaceTaggedArguments(object.btf!, tagged, process.arch === "x64" ? "pt_regs" : "user_pt_regs");
    expect(replaced.funcInfo.map((records) => records.map(({ insnOff, typeId }) => [insnOff, typeId]))).toEqual(
      programs.map(({ funcInfo }) => funcInfo),
    );
    expect([...dumpRaw(replaced.btf)]).toEqual([...dumpRaw(Btf.parse(types!))]);
    expect(replaced.warnings).toHaveLength(warnings.length);
  });
});
