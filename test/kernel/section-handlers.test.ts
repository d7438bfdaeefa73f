import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

import { programInfo } from "../../src/runtime/sys/program-info.ts";
import { openDescriptors } from "../../src/runtime/sys/fd.ts";
import { registerSectionHandler, type SectionHandler } from "../../src/runtime/section-handlers.ts";
import { customSections } from "../objects/custom-sections.skel.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { thrownBy } from "../support/thrown.ts";

const onTracepoints: SectionHandler = {
  section: "on/",
  type: "raw_tracepoint",
  attach: (_, { extra, attachAs }) => attachAs(`raw_tp/${extra}`),
};
/** What the kernel can load, and nothing attaches. */
const others: SectionHandler = { type: "socket_filter" };

const typeOf = (program: { readonly fd: number }): string => programInfo(program.fd, "a program").type;

describeWithKernel("handlers for sections", {}, () => {
  it("say how programs are loaded and attached", () => {
    using _on = registerSectionHandler(onTracepoints);
    using _others = registerSectionHandler(others);
    const skel = customSections.load();
    expect([typeOf(skel.progs.on_enter), typeOf(skel.progs.alone), skel.progs.off.loaded]).toEqual([
      "raw_tracepoint",
      "socket_filter",
      false,
    ]);
    skel.attach();
    readFileSync("/proc/self/stat");
    expect(skel.bss.runs.map((count) => count > 0n)).toEqual([true, false, false, false]);
    expect(Object.entries(skel.links).flatMap(([name, link]) => (link ? [name] : []))).toEqual(["on_enter"]);
    expect(thrownBy(() => skel.progs.alone.attach())).toMatchObject({
      code: "bad-input",
      message: 'attaching program "alone": SEC("exactly") was not attached',
    });
    skel.close();
    expect(openDescriptors()).toEqual([]);
  });

  it("see each program when it is opened, before the app's settings, and when it is loaded", () => {
    const seen: string[] = [];
    const handler = (what: string): Pick<SectionHandler, "setup" | "prepare"> => ({
      setup: (program) => {
        seen.push(`${what} sets up ${program.name}`);
        program.autoload = program.name !== "anything";
      },
      prepare: ({ name, section, extra }) => {
        seen.push(`${what} prepares ${name} in ${section}, ${extra}`);
        return undefined;
      },
    });
    using _on = registerSectionHandler({ ...onTracepoints, ...handler("on") });
    using _others = registerSectionHandler({ ...others, ...handler("fallback") });
    using skel = customSections.load({ progs: { alone: { autoload: false } } });
    expect(seen).toEqual([
      "on sets up on_enter",
      "fallback sets up alone",
      "on sets up off",
      "fallback sets up anything",
      "on prepares on_enter in on/sys_enter, sys_enter",
      "on prepares off in ?on/sys_exit, sys_exit",
    ]);
    expect([skel.progs.off.loaded, skel.progs.alone.loaded, skel.progs.anything.loaded]).toEqual([true, false, false]);
  });

  it("change what a program is loaded as", () => {
    using _sleepable = registerSectionHandler({ ...onTracepoints, type: "syscall", prepare: () => ({ flags: 0x10 }) });
    using _others = registerSectionHandler({ type: "xdp", prepare: () => ({ attachType: "xdp_cpumap" }) });
    // The kernel loads syscall programs only with BPF_F_SLEEPABLE.
    using skel = customSections.load({ progs: { off: { autoload: false } } });
    expect([typeOf(skel.progs.on_enter), typeOf(skel.progs.alone)]).toEqual(["syscall", "xdp"]);
    using _none = registerSectionHandler({ section: "on/sys_enter", type: "syscall" });
    using _on = registerSectionHandler({ section: "exactly", type: "xdp", prepare: () => ({ flags: 0x4000_0000 }) });
    expect(() => customSections.load({ progs: { on_enter: { autoload: false } } })).toThrow(/EINVAL/u);
  });

  it("that throw leave nothing behind", () => {
    using _on = registerSectionHandler({
      ...onTracepoints,
      attach: (program, { attachAs }) => {
        attachAs("raw_tp/sys_enter");
        throw new Error(`not ${program.name}`);
      },
    });
    using _others = registerSectionHandler(others);
    const skel = customSections.load();
    const before = openDescriptors().length;
    expect(() => {
      skel.attach();
    }).toThrow("not on_enter");
    expect(openDescriptors().length).toBe(before);
    skel.close();
  });

  it("that are closed count no more, but for what was opened before", () => {
    const registrations = [registerSectionHandler(onTracepoints), registerSectionHandler(others)];
    const opened = customSections.open();
    for (const registration of registrations) registration.close();
    opened.load().close();
    expect(thrownBy(() => customSections.load())).toMatchObject({
      code: "bad-object",
      message: 'loading custom-sections.bpf.o: program "on_enter": no kind of program is called SEC("on/sys_enter")',
      hints: expect.arrayContaining([expect.stringContaining("registerSectionHandler()")]) as string[],
    });
  });

  it("are refused when they make no sense", () => {
    using _others = registerSectionHandler(others);
    expect(() => registerSectionHandler(others)).toThrow("there is one for all other sections already");
    for (const section of ["", "+", "/", "?mine", "a+b", "a\0"])
      expect(() => registerSectionHandler({ section, type: "xdp" }), section).toThrow("no section can be called");
    expect(() => registerSectionHandler({ section: "mine", type: "xpd" as "xdp" })).toThrow(
      'there is no type of program "xpd"',
    );
  });
});
