import { closeSync, openSync, readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { isCoreGenError, type CoreGenError } from "../../src/errors.ts";
import type { BpfObject } from "../../src/object/model.ts";
import { kernelIsAtLeast } from "../../src/runtime/kernel/release.ts";
import { KernelError } from "../../src/runtime/errors.ts";
import { kernelVersionCode } from "../../src/runtime/kernel/kernel-version.ts";
import { EPERM } from "../../src/runtime/sys/errno.ts";
import { openDescriptors } from "../../src/runtime/sys/fd.ts";
import { loadObject, type LoadSettings } from "../../src/runtime/load/load.ts";
import { describeWithKernel } from "../support/kernel.ts";
import {
  loadSettings,
  readVariables,
  renamedObject,
  replaces,
  runOnPacket,
  testObject,
  whileAttached,
  withLoaded,
  withVariable,
} from "../support/run-programs.ts";

const kallsyms = readFileSync("/proc/kallsyms", "latin1");
const hasSymbol = (name: string): boolean => kallsyms.includes(` ${name}\n`);

/** What loading is refused with; nothing is open after it. */
function refusalOf(object: BpfObject, some: Partial<LoadSettings> = {}): CoreGenError {
  try {
    loadObject(object, loadSettings(some)).close();
  } catch (error) {
    expect(openDescriptors()).toEqual([]);
    if (isCoreGenError(error)) return error;
    throw error;
  }
  throw new Error("it was loaded");
}

describeWithKernel("__ksym externs", {}, () => {
  const object = testObject("ksyms");
  const contents = withVariable(object, ".rodata", "pid", process.pid);

  it("are the kernel's functions and addresses, and nothing where it has none", () => {
    const variables = withLoaded(object, { contents }, (loaded) => {
      expect(loaded.warnings).toEqual([]);
      whileAttached(loaded, "look", () => {
        closeSync(openSync("/proc/self/stat", "r"));
      });
      return readVariables(loaded);
    });
    const stext = BigInt(`0x${/^([0-9a-f]+) T _stext$/mu.exec(kallsyms)![1]!}`);
    const tgid = hasSymbol("bpf_task_from_pid") ? BigInt(process.pid) : 0n;
    expect(variables).toMatchObject({
      ...{ tgid, tgid_by_flavour: tgid, address: stext, kernel_version: BigInt(kernelVersionCode()) },
      ...{ absent_variable: 0n, absent_symbol: 0n, absent_function: 0n, function_is_otherwise: 0n },
    });
    expect(variables["runs"]).toBeGreaterThan(0n);
  });

  it("that are called although they are absent are named", () => {
    const error = refusalOf(object, { autoload: new Map([["call_what_is_absent", true]]) });
    expect(error).toMatchObject({ code: "verifier", program: "call_what_is_absent" });
    expect(error.message).toContain("kfunc 'core_gen_function' is referenced but wasn't resolved");
    expect(error.hints[0]).toContain("bpf_ksym_exists()");
  });

  it("that are variables have addresses, or it is said why they have none", () => {
    const some = { contents, autoload: new Map([["look_at_queue", true]]) };
    if (hasSymbol("runqueues")) {
      const { cpu_of_queue } = withLoaded(object, some, (loaded) => {
        whileAttached(loaded, "look_at_queue", () => {
          closeSync(openSync("/proc/self/stat", "r"));
        });
        return readVariables(loaded);
      });
      expect(cpu_of_queue).toBe(1n);
    } else {
      const error = refusalOf(object, some);
      expect(error.message).toContain("failed to find the address for kernel symbol 'runqueues'");
      expect(error.hints[0]).toContain("CONFIG_KALLSYMS_ALL");
    }
  });

  it("that are strong and nowhere are named, with what is near", () => {
    const kfunc = refusalOf(renamedObject("exceptions", "bpf_throw", "bpf_thrwo"));
    expect(kfunc.code).toBe("bad-input");
    expect(kfunc.message).toBe(
      "loading exceptions.bpf.o: this kernel has no kfunc bpf_thrwo, which the object declares as __ksym",
    );
    expect(kfunc.hints[0]).toBe("Near it: bpf_throw.");
    const symbol = refusalOf(renamedObject("ksyms", "_stext", "_stexf"));
    expect(symbol.message).toBe(
      "loading ksyms.bpf.o: this kernel has no symbol _stexf, which the object declares as __ksym",
    );
    expect(symbol.hints[0]).toContain("_stext");
  });

  it("that are declared otherwise are refused with the difference", () => {
    // A helper of the kernel's, which takes a number: its types have it, too.
    const error = refusalOf(renamedObject("module-ksyms", "bpf_ct_release", "bpf_sk_release"));
    expect(error.code).toBe("bad-input");
    expect(error.message).toMatch(
      /: the kernel's kfunc bpf_sk_release is not what the object declares: it takes 5 arguments, and is declared with one argument$/u,
    );
  });
});

describeWithKernel(
  "programs that throw",
  { kernelLacks: () => (hasSymbol("bpf_throw") ? undefined : "no bpf_throw(): Linux 6.7 has it") },
  () => {
    it("end in their exception callback, and without one with what they threw", () => {
      withLoaded(testObject("exceptions"), {}, (loaded) => {
        expect(runOnPacket(loaded.programs.get("throws")!.fd)).toBe(107);
        expect(readVariables(loaded)).toEqual({ thrown: 1n });
        expect(runOnPacket(loaded.programs.get("throws_uncaught")!.fd)).toBe(9);
      });
    });
  },
);

describeWithKernel("programs for functions of other programs", {}, () => {
  const extended = testObject("extended");
  const replacement = testObject("extended.replacement");

  it("are loaded for the function that their section or setting names, and run in its place", ({ skip }) => {
    withLoaded(extended, {}, (loaded) => {
      const program = loaded.programs.get("ask")!.fd.number;
      const attachTargets = new Map([
        ["replacement", { program }],
        ["of_no_name", { program, function: "answer" }],
      ]);
      const autoload = new Map([["of_no_name", true]]);
      try {
        withLoaded(replacement, { attachTargets, autoload }, (replacing) => {
          expect(
            replaces(replacing.programs.get("of_no_name")!.fd, () => runOnPacket(loaded.programs.get("ask")!.fd)),
          ).toBe(43);
        });
      } catch (error) {
        skip(error instanceof KernelError && error.errno === EPERM, "this kernel refuses trampolines");
        throw error;
      }
    });
  });

  it("are refused without a program, and for functions that it doesn't have", () => {
    const without = refusalOf(replacement);
    expect(without.code).toBe("bad-input");
    expect(without.message).toBe(
      'loading program "replacement" (SEC("freplace/answer")): it is for a function of another program, and it is not said of which program',
    );
    withLoaded(extended, {}, (loaded) => {
      const program = loaded.programs.get("ask")!.fd.number;
      const attachTargets = new Map([["replacement", { program, function: "anwser" }]]);
      expect(() => loadObject(replacement, loadSettings({ attachTargets }))).toThrow(
        expect.objectContaining({
          message: 'loading program "replacement" (SEC("freplace/answer")): the other program has no function "anwser"',
          hints: ["Near it: answer."],
        }) as Error,
      );
    });
  });
});

describeWithKernel("programs for functions that a setting names", {}, () => {
  const object = testObject("ksyms");

  it("are loaded for those, and refused for what there is not", () => {
    const attachTo = (name: string): Partial<LoadSettings> => ({
      attachTargets: new Map([["look", { function: name }]]),
    });
    withLoaded(object, attachTo("vmlinux:sys_exit"), ({ programs }) => {
      expect([...programs.keys()]).toEqual(["look"]);
    });
    const missing = refusalOf(object, attachTo("sys_enterr"));
    expect(missing.message).toBe(
      'loading program "look": this kernel has no tracepoint "sys_enterr", which its attachTarget names',
    );
    expect(missing.hints[0]).toContain("sys_enter");
    expect(refusalOf(object, attachTo("no_module:sys_enter")).message).toBe(
      'loading program "look": the module no_module, which its attachTarget names, is not loaded or has no types',
    );
  });
});

describeWithKernel("programs with jump tables", {}, () => {
  const object = testObject("jump-tables");

  it("jump, or it is said that the kernel can't", () => {
    if (kernelIsAtLeast([6, 19])) {
      withLoaded(object, {}, (loaded) => {
        const run = (name: string): number => runOnPacket(loaded.programs.get(name)!.fd);
        expect([run("pick"), run("call_pick")]).toEqual([10, 4300]);
      });
    } else {
      expect(refusalOf(object).message).toBe(
        'creating a jump table of program "pick": bpf(BPF_MAP_CREATE) failed with EINVAL: this kernel can\'t jump by a table',
      );
    }
  });
});

describeWithKernel("functions with tagged arguments", {}, () => {
  it("are loaded", () => {
    withLoaded(testObject("arg-ctx"), {}, (loaded) => {
      expect(loaded.warnings).toEqual([]);
      expect([...loaded.programs.keys()]).toEqual(["probe", "sample", "filter"]);
    });
  });
});
