import { describe, expect, it } from "vitest";

import { findSectionDef } from "../../src/object/sections.ts";

// What every row says is compared with libbpf's own table in test/referee/sections.test.ts.
describe("findSectionDef", () => {
  it("says all that a section name means", () => {
    expect(findSectionDef("fentry.s/vfs_read")).toEqual({
      prefix: "fentry.s",
      typeName: "tracing",
      type: 26,
      attachTypeName: "trace_fentry",
      attachType: 24,
      sleepable: true,
      frags: false,
      needsAttachTarget: true,
      attachTypeOptional: false,
      autoAttach: true,
      extra: "vfs_read",
    });
    expect(findSectionDef("xdp.frags")).toMatchObject({
      typeName: "xdp",
      attachType: 37,
      frags: true,
      autoAttach: false,
    });
    expect(findSectionDef("xdp")).toMatchObject({ attachType: 37, frags: false, attachTypeOptional: true });
    expect(findSectionDef("socket")).toMatchObject({ type: 1, attachTypeName: undefined, attachType: 0 });
  });

  it.each([
    ["kprobe", "kprobe", ""],
    ["kprobe/", "kprobe", ""],
    ["kprobe/do_unlinkat+0x10", "kprobe", "do_unlinkat+0x10"],
    ["tracepoint/syscalls/sys_enter_execve", "tracepoint", "syscalls/sys_enter_execve"],
    ["uprobe//usr/bin/bash:readline", "uprobe", "/usr/bin/bash:readline"],
    ["uprobe.multi.s/x", "uprobe.multi.s", "x"],
    ["xdp.frags/devmap", "xdp.frags/devmap", ""],
    ["struct_ops", "struct_ops", ""],
  ])("finds %s under %s, with %j behind it", (section, prefix, extra) => {
    expect(findSectionDef(section)).toMatchObject({ prefix, extra });
  });

  it.each([
    "",
    "kprob",
    "kprobes",
    "kprobe+",
    "xdp/foo",
    "socket/x",
    "tc/sideways",
    "KPROBE/x",
    "?kprobe/x",
    ".text",
    "perf_event/1",
  ])("does not know %j", (section) => {
    expect(findSectionDef(section)).toBeUndefined();
  });
});
