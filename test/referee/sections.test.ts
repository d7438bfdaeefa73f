import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { attachTypes, programTypes } from "../../src/object/bpf-enums.ts";
import { openObject } from "../../src/object/open.ts";
import { findSectionDef, type SectionDef } from "../../src/object/sections.ts";
import { CloseStack } from "../../src/runtime/close-stack.ts";
import { findHandledSection, registerSectionHandler, type SectionHandler } from "../../src/runtime/section-handlers.ts";
import { kernelBtfs } from "./kernels.ts";
import { describeWithReferee, libbpf, refereeEachProgram } from "./referee.ts";

/** Sections that libbpf 1.8 has added; the referee's libbpf may be older. Type and attach type from its source. */
const newSections = new Map([
  ["tracepoint.s+", "5 0"],
  ["tp.s+", "5 0"],
  ["raw_tracepoint.s+", "17 0"],
  ["raw_tp.s+", "17 0"],
  ["tp_btf.s+", "26 23"],
  ["fentry.multi+", "26 59"],
  ["fexit.multi+", "26 60"],
  ["fsession.multi+", "26 61"],
  ["fentry.multi.s+", "26 59"],
  ["fexit.multi.s+", "26 60"],
  ["fsession.multi.s+", "26 61"],
]);

describeWithReferee("section names, as libbpf understands them", {}, () => {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-sections-"));
  const program = join(folder, "section-names");
  let table: string[];

  beforeAll(() => {
    const sources = ["section-names.c", "isoc23.c"].map((file) => join(import.meta.dirname, file));
    const { include, archive } = libbpf();
    execFileSync("gcc", ["-O2", "-o", program, ...sources, `-I${include}`, archive, "-lelf", "-lz"]);
    const text = execFileSync(program, { input: "", encoding: "utf8" });
    table = text
      .slice(text.lastIndexOf(":") + 1)
      .trim()
      .split(" ");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const ask = (names: readonly string[], ...handlers: readonly string[]): string[] =>
    execFileSync(program, handlers, { input: names.map((name) => `${name}\n`).join(""), encoding: "utf8" })
      .trimEnd()
      .split("\n");

  it("are all known, with the same program and attach type, and so is what follows them", () => {
    expect(table.length).toBeGreaterThanOrEqual(105);
    const names = table.flatMap(variants);
    expect(Object.fromEntries(names.map((name) => [name, ours(name)]))).toEqual(
      Object.fromEntries(ask(names).map((answer, index) => [names[index], answer])),
    );
  });

  it("that are newer than the referee's libbpf are known, too", () => {
    for (const [section, types] of newSections) {
      const name = section.slice(0, -1);
      const [theirs] = ask([name]);
      expect(["unknown", types]).toContain(theirs);
      expect([ours(name), ours(`${name}/x`), ours(`${name}x`)]).toEqual([types, types, "unknown"]);
    }
  });

  it("that an app has handlers for are theirs first, and its fallback is last", () => {
    const handlers: readonly SectionHandler[] = [
      { section: "mine", type: "kprobe" },
      { section: "mine/", type: "tracepoint" },
      { section: "both+", type: "tracing", attachType: "trace_fentry" },
      { section: "both/special", type: "xdp" },
      { section: "xdp", type: "sched_cls", attachType: "tcx_ingress" },
      { section: "a/b/", type: "syscall" },
      { type: "socket_filter" },
    ];
    const names = ["mine", "mine/", "both+", "xdp", "a/b", "tc", "kprobe+", "nobody"].flatMap(variants);
    for (const some of [handlers.slice(0, -1), handlers, handlers.toReversed()]) {
      using _all = registerAll(some);
      const described = some.map(({ section = "", type, attachType = "cgroup_inet_ingress" }) => {
        return `${section}=${programTypes.indexOf(type)},${attachTypes.indexOf(attachType)}`;
      });
      const theirs = ask([...names, "both/special"], ...described);
      expect([...names, "both/special"].map((name) => `${name}: ${inWords(findHandledSection(name))}`)).toEqual(
        [...names, "both/special"].map((name, index) => `${name}: ${theirs[index] ?? ""}`),
      );
    }
    expect([findHandledSection("mine"), inWords(findHandledSection("xdp"))]).toEqual([undefined, ours("xdp")]);
  });
});

function registerAll(handlers: readonly SectionHandler[]): CloseStack {
  const all = new CloseStack();
  for (const handler of handlers) all.add(registerSectionHandler(handler));
  return all;
}

function variants(section: string): string[] {
  const name = section.replace(/\+$/u, "");
  return [name, `${name}/`, `${name}/x`, `${name}/x/y`, `${name}x`, `x${name}`, name.toUpperCase(), `?${name}`];
}

function ours(section: string): string {
  return inWords(findSectionDef(section));
}

function inWords(def: SectionDef | undefined): string {
  return def === undefined ? "unknown" : `${def.type} ${def.attachType}`;
}

const sections = join(import.meta.dirname, "../objects/sections.stripped.bpf.o");

describeWithReferee("programs in every section, as libbpf loads them", {}, () => {
  const [host] = kernelBtfs();
  const results = refereeEachProgram(sections, { kernel: host!.path });
  const { programs } = openObject(readFileSync(sections));
  const refused = programs.filter(({ name }) => results.get(name)?.end.status !== "ok");

  it("are loaded, but for freplace, which wants to be told more, and those that are newer than the referee", () => {
    const newer = refused.filter(({ section }) => newSections.has(`${section.replace(/\/.*/u, "")}+`));
    const others = refused.filter((program) => !newer.includes(program));
    expect(others.map(({ section }) => section)).toEqual(["freplace/function"]);
    expect(programs).toHaveLength(114);
  });

  describe.each(programs.filter((program) => !refused.includes(program)))("$section", ({ name, section, def }) => {
    it("gets the same type, attach type, flags and attach target", () => {
      const theirs = results.get(name)!.programs[0]!;
      const attach = section.startsWith("usdt") ? 0 : theirs.expectedAttachType;
      expect([def?.type, def?.attachType, flagsOf(def), def?.needsAttachTarget]).toEqual([
        theirs.type,
        attach,
        theirs.flags,
        theirs.attachBtfId !== 0,
      ]);
    });
  });
});

const BPF_F_SLEEPABLE = 0x10;
const BPF_F_XDP_HAS_FRAGS = 0x20;

function flagsOf(def: SectionDef | undefined): number {
  return (def?.sleepable === true ? BPF_F_SLEEPABLE : 0) | (def?.frags === true ? BPF_F_XDP_HAS_FRAGS : 0);
}
