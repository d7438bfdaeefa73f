import { expect, it } from "vitest";
import { isCoreGenError, type CoreGenError } from "../../src/errors.ts";
import { findSectionDef } from "../../src/object/sections.ts";
import { attachesBySection, attachProgram } from "../../src/runtime/links/attach.ts";
import type { LoadedProgram } from "../../src/runtime/load/load.ts";
import { openDescriptors } from "../../src/runtime/sys/fd.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { loadCounting, openFiles } from "./counting.ts";

/** The error of attaching a program as if it were in another section. */
function errorOf({ program, ...loaded }: LoadedProgram, section: string): CoreGenError {
  const open = openDescriptors().length;
  try {
    attachProgram({ ...loaded, program: { ...program, section, def: findSectionDef(section) } }).close();
  } catch (error) {
    expect(openDescriptors()).toHaveLength(open);
    if (isCoreGenError(error)) return error;
    throw error;
  }
  throw new Error("it was attached");
}

describeWithKernel("attachProgram", {}, () => {
  it.each([
    ["tracepoint/syscalls/sys_enter_openat", 'program "handle_openat" at tracepoint syscalls/sys_enter_openat'],
    ["tp/syscalls/sys_exit_openat", 'program "handle_openat" at tracepoint syscalls/sys_exit_openat'],
    ["raw_tracepoint/sys_enter", 'program "handle_openat" at raw tracepoint sys_enter'],
    ["raw_tp/sys_exit", 'program "handle_openat" at raw tracepoint sys_exit'],
    ["tp_btf/sys_enter", 'program "handle_openat" at tracepoint sys_enter'],
  ])("%s runs the program, and only until it is detached", (section, what) => {
    using counting = loadCounting(section);
    openFiles(3);
    expect(counting.runs()).toBe(0);
    const link = attachProgram(counting.program);
    expect(link.what).toBe(what);
    expect(link.closed).toBe(false);
    openFiles(10);
    expect(counting.runs()).toBeGreaterThanOrEqual(10);
    link.detach();
    const before = counting.runs();
    openFiles(10);
    expect(counting.runs()).toBe(before);
    link.detach();
    link.close();
    expect(link.closed).toBe(true);
  });

  it.each([
    ["uprobe/libc.so.6:getppid", /^program "handle_openat" at \/\S+\/libc\.so\.6:getppid$/u],
    ["uretprobe/libc.so.6:getppid", /^program "handle_openat" at the return of \/\S+\/libc\.so\.6:getppid$/u],
  ])("%s runs the program in the function of a library, and only until it is detached", (section, what) => {
    using counting = loadCounting(section);
    const link = attachProgram(counting.program);
    expect(link.what).toMatch(what);
    for (let i = 0; i < 10; i++) expect(process.ppid).toBeGreaterThan(0);
    link.detach();
    const before = counting.runs();
    expect(before).toBeGreaterThanOrEqual(10);
    expect(process.ppid).toBeGreaterThan(0);
    expect(counting.runs()).toBe(before);
  });

  it("says which function of a library there is not, and which are near", () => {
    using counting = loadCounting("uprobe/libc.so.6:getppid");
    const error = errorOf(counting.program, "uprobe/libc.so.6:getpidd");
    expect(error.message).toMatch(
      /^looking for the function getpidd in \/\S+\/libc\.so\.6: it has none of that name$/u,
    );
    expect(error.hints[0]).toMatch(/^Near it: .*getpid/u);
  });

  it("attaches again, and more than once", () => {
    using counting = loadCounting("tracepoint/syscalls/sys_enter_openat");
    attachProgram(counting.program).close();
    using first = attachProgram(counting.program);
    const before = counting.runs();
    openFiles(5);
    expect(counting.runs() - before).toBeGreaterThanOrEqual(5);
    expect(first.closed).toBe(false);
  });

  it("keeps one descriptor for each link", () => {
    using counting = loadCounting("tracepoint/syscalls/sys_enter_openat");
    const before = openDescriptors().length;
    using link = attachProgram(counting.program);
    expect(
      openDescriptors()
        .slice(before)
        .map(({ what }) => what),
    ).toEqual([`the link of ${link.what}`]);
  });

  it("says which tracepoint there is not, and which there are", () => {
    using counting = loadCounting("tracepoint/syscalls/sys_enter_openat");
    const misspelt = errorOf(counting.program, "tp/syscalls/sys_enter_opnat");
    expect(misspelt.message).toBe(
      'looking for the tracepoint syscalls/sys_enter_opnat: this kernel has none of that name in "syscalls"',
    );
    expect(misspelt.hints[0]).toMatch(/^Near it: syscalls\/sys_enter_openat, /);
    const elsewhere = errorOf(counting.program, "tp/scheduler/sched_switch");
    expect(elsewhere.message).toContain('this kernel has no category "scheduler"');
    expect(elsewhere.hints[0]).toBe("Near it: sched/sched_switch.");
  });

  it("says which raw tracepoint there is not", () => {
    using counting = loadCounting("raw_tp/sys_enter");
    const error = errorOf(counting.program, "raw_tp/sched_swich");
    expect(error).toMatchObject({ code: "bad-input" });
    expect(error.message).toContain("this kernel has no tracepoint of that name");
    expect(error.hints[0]).toBe("Near it: sched_switch.");
  });

  it.each([
    ["tp/../../../etc/x", "bad-input", '"../../../etc/x" is not CATEGORY/NAME of a tracepoint'],
    ["tp/sched", "bad-input", '"sched" is not CATEGORY/NAME of a tracepoint'],
    ["tp", "bad-input", 'SEC("tp") does not say what to attach it to'],
    ["xdp", "bad-input", 'SEC("xdp") does not say what to attach it to'],
    ["kprobe/do-exit", "bad-input", '"do-exit" is no place in the kernel'],
    ["kretprobe/do_exit+4", "bad-input", '"do_exit+4" is no place in the kernel'],
    ["uprobe/readline", "bad-input", '"readline" is not BINARY:FUNCTION'],
    ["uprobe/libno.so.9:f", "bad-input", "looking for libno.so.9: it is in none of "],
    ["uprobe/no-such-program:f", "bad-input", "looking for no-such-program: it is in none of "],
    ["uprobe//no/such/file:f", "bad-input", "looking for the function f in /no/such/file: ENOENT"],
    ["uprobe/./package.json:f", "bad-input", "./package.json: this is not a 64-bit ELF file"],
    ["uretprobe/libc.so.6:getppid+4", "bad-input", '"libc.so.6:getppid+4" is not BINARY:FUNCTION'],
    ["kprobe.multi/do-*", "bad-input", '"do-*" is no place in the kernel'],
    ["nonsense", "unsupported", `core-gen can't attach SEC("nonsense") yet`],
  ])("refuses SEC(%j)", (section, code, message) => {
    using counting = loadCounting("tracepoint/syscalls/sys_enter_openat");
    const error = errorOf(counting.program, section);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it("says what the kernel says", () => {
    // A program that was loaded for another kind of tracepoint.
    using counting = loadCounting("tracepoint/syscalls/sys_enter_openat");
    expect(errorOf(counting.program, "raw_tp/sys_enter").message).toBe(
      'attaching program "handle_openat" at raw tracepoint sys_enter: bpf(BPF_RAW_TRACEPOINT_OPEN) failed with EINVAL: invalid argument',
    );
  });

  it("says that a program is closed", () => {
    const counting = loadCounting("raw_tp/sys_enter");
    counting.close();
    expect(() => attachProgram(counting.program)).toThrow('program "handle_openat" is closed');
    expect(openDescriptors()).toEqual([]);
  });
});

describeWithKernel("attachesBySection", { root: false, btf: false }, () => {
  it.each([
    ["tracepoint/sched/sched_switch", true],
    ["tp_btf/sched_switch", true],
    ["kprobe/do_sys_open", true],
    ["tp", false],
    ["uprobe", false],
    ["xdp", false],
  ])("%s: %s", (section, expected) => {
    const def = findSectionDef(section);
    expect(def !== undefined && attachesBySection(def)).toBe(expected);
  });
});
