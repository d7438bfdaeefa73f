import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, it, vi } from "vitest";
import { Btf } from "../../src/btf/btf.ts";
import { isCoreGenError, type CoreGenError } from "../../src/errors.ts";
import { mapTypes } from "../../src/object/bpf-enums.ts";
import { CALL, EXIT, type Insn } from "../../src/object/insn/insn.ts";
import type { BpfObject, BpfProgram, MapDef } from "../../src/object/model.ts";
import { openObject } from "../../src/object/open.ts";
import { findSectionDef } from "../../src/object/sections.ts";
import { KernelError, VerifierError } from "../../src/runtime/errors.ts";
import { kernelBtf, readBtfFile } from "../../src/runtime/kernel/btf.ts";
import { possibleCpus } from "../../src/runtime/kernel/cpus.ts";
import { featureNames, hasFeature, isNewEnough, probeFeature } from "../../src/runtime/kernel/features.ts";
import { rawBtf, type BtfFeature } from "../../src/runtime/kernel/probe-btf.ts";
import { loadObject, type LoadSettings } from "../../src/runtime/load/load.ts";
import { sanitizeBtf } from "../../src/runtime/load/sanitize-btf.ts";
import { Attr, bpf, BPF_BTF_LOAD } from "../../src/runtime/sys/bpf.ts";
import { openDescriptors } from "../../src/runtime/sys/fd.ts";
import { libc } from "../../src/runtime/sys/libc.ts";
import { mapLookup, mapUpdate } from "../../src/runtime/sys/map-ops.ts";
import { everyKind } from "../runtime/load/every-kind.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { runWithoutKernelTypes } from "../support/without-kernel-types.ts";

const open = (name: string): BpfObject =>
  openObject(readFileSync(`examples/${name}/${name}.bpf.o`), { what: `${name}.bpf.o` });
const [execsnoop, opencount] = [open("execsnoop"), open("opencount")];
const settings = (some: Partial<LoadSettings> = {}): LoadSettings => ({
  autoload: new Map(),
  maps: new Map(),
  contents: new Map(),
  ...some,
});

/** The error that loading throws; nothing must be open after it. */
function errorOf(object: BpfObject, some: Partial<LoadSettings> = {}): CoreGenError {
  try {
    loadObject(object, settings(some)).close();
  } catch (error) {
    expect(openDescriptors()).toEqual([]);
    if (isCoreGenError(error)) return error;
    throw error;
  }
  throw new Error("it was loaded");
}

const withProgram = (object: BpfObject, change: Partial<BpfProgram>): BpfObject => ({
  ...object,
  programs: object.programs.map((program) => ({ ...program, ...change })),
});
const withMap = (object: BpfObject, index: number, change: Partial<MapDef>): BpfObject => ({
  ...object,
  maps: object.maps.map((map, at) => (at === index ? { ...map, ...change } : map)),
});
/** The program with one helper called in the place of another. */
const calling = (object: BpfObject, from: number, to: number): BpfObject =>
  withProgram(object, {
    insns:
      object.programs[0]?.insns.map((insn) =>
        insn.code === CALL && insn.imm === from ? { ...insn, imm: to } : insn,
      ) ?? [],
  });
const insn = (code: number, dst = 0, src = 0, off = 0, imm = 0): Insn => ({ code, dst, src, off, imm });
const withCode = (object: BpfObject, ...insns: Insn[]): BpfObject =>
  withProgram({ ...object, ext: undefined }, { insns, relocations: [] });

const RINGBUF_RESERVE = 131;
const RINGBUF_SUBMIT = 132;

describeWithKernel("loadObject", {}, () => {
  it("loads maps and programs, and closes all of them", () => {
    const loaded = loadObject(opencount, settings());
    expect([...loaded.maps.keys()]).toEqual(["opens_by_pid", "reports", ".rodata", ".bss"]);
    expect([...loaded.programs.keys()]).toEqual(["handle_openat"]);
    expect(loaded.warnings).toEqual([]);
    expect(openDescriptors().map(({ what }) => what)).toEqual([
      'map "opens_by_pid"',
      'map "reports"',
      "section .rodata of opencount.bpf.o",
      "section .bss of opencount.bpf.o",
      'program "handle_openat"',
    ]);
    loaded.close();
    loaded.close();
    expect(openDescriptors()).toEqual([]);
  });

  it("takes sizes of maps, and rounds those of ring buffers up", () => {
    const maps = new Map([
      ["opens_by_pid", { maxEntries: 77 }],
      ["reports", { maxEntries: 5000 }],
    ]);
    const loaded = loadObject(opencount, settings({ maps }));
    expect(loaded.maps.get("opens_by_pid")?.maxEntries).toBe(77);
    expect(loaded.maps.get("reports")?.maxEntries).toBe(Math.max(8192, libc().pageSize));
    loaded.close();
  });

  it("gives perf event arrays an entry for each CPU, and sizes whatever their types say", () => {
    const perf = withMap(execsnoop, 0, { type: mapTypes.indexOf("perf_event_array"), maxEntries: 0, valueSize: 280 });
    const loaded = loadObject(withProgram(perf, { autoload: false }), settings());
    expect(loaded.maps.get("events")?.maxEntries).toBe(possibleCpus());
    loaded.close();
  });

  it("sends ring buffers without the size of the records that their definition may have", () => {
    const typed = withMap(execsnoop, 0, { valueSize: 280, valueTypeId: 1 });
    loadObject(typed, settings()).close();
  });

  it("stores contents, and freezes constants", () => {
    const contents = Uint8Array.from({ length: 12 }, (_, index) => index + 1);
    const loaded = loadObject(opencount, settings({ contents: new Map([[".rodata", contents]]) }));
    const [rodata, bss] = [loaded.maps.get(".rodata"), loaded.maps.get(".bss")];
    if (rodata === undefined || bss === undefined) throw new Error("no sections");
    const value = new Uint8Array(12);
    mapLookup(rodata.fd, new Uint8Array(4), value);
    expect(value).toEqual(contents);
    expect(() => {
      mapUpdate(rodata.fd, new Uint8Array(4), value);
    }).toThrow(/EPERM: the map is frozen/);
    mapUpdate(bss.fd, new Uint8Array(4), new Uint8Array(16));
    expect([rodata.mmapable, bss.mmapable]).toEqual([true, true]);
    loaded.close();
  });

  it("leaves out programs whose autoload is off", () => {
    const loaded = loadObject(opencount, settings({ autoload: new Map([["handle_openat", false]]) }));
    expect(loaded.programs.size).toBe(0);
    expect(loaded.maps.size).toBe(4);
    loaded.close();
  });

  it("asks for the kernel's types only when a program needs them", () => {
    const never = vi.fn(() => kernelBtf());
    loadObject(withCode(execsnoop, insn(0xb7), insn(EXIT)), settings({ kernelBtf: never })).close();
    loadObject(withProgram(execsnoop, { autoload: false }), settings({ kernelBtf: never })).close();
    expect(never).not.toHaveBeenCalled();
    loadObject(execsnoop, settings({ kernelBtf: never })).close();
    expect(never).toHaveBeenCalled();
  });

  it("loads without types that the kernel refuses, and says so", () => {
    // A struct that is smaller than its only member.
    const broken = Btf.parse(rawBtf([0, 2 ** 24, 4, 0x0100_0020, 1, 4 * 2 ** 24 + 1, 1, 1, 1, 0], "x"));
    const loaded = loadObject({ ...withCode(execsnoop, insn(0xb7), insn(EXIT)), btf: broken }, settings());
    expect(loaded.warnings).toEqual([
      expect.stringMatching(/^the kernel refused the types of execsnoop.bpf.o \(EINVAL: .*\): loaded without them$/),
    ]);
    loaded.close();
  });

  it("loads programs that attach to typed tracepoints, and names near ones", () => {
    const tpBtf = (name: string): BpfObject => {
      const section = `tp_btf/${name}`;
      return withProgram(withCode(execsnoop, insn(0xb7), insn(EXIT)), { section, def: findSectionDef(section) });
    };
    loadObject(tpBtf("sched_switch"), settings()).close();
    const error = errorOf(tpBtf("sched_swich"));
    expect(error.message).toBe(
      'loading program "handle_execve": this kernel has no tracepoint "sched_swich", which SEC("tp_btf/sched_swich") names',
    );
    expect(error.hints[0]).toBe("Near it: sched_switch.");
  });
});

describeWithKernel("what the verifier refuses", {}, () => {
  it("is said with the reason, the line of C and the instruction; the log has the rest", () => {
    const error = errorOf(calling(execsnoop, RINGBUF_RESERVE, RINGBUF_SUBMIT));
    if (!(error instanceof VerifierError)) throw error;
    expect(error).toMatchObject({ code: "verifier", program: "handle_execve", errnoName: "EACCES", truncated: false });
    expect(error.message).toMatch(
      /^loading program "handle_execve" \(SEC\("tracepoint\/syscalls\/sys_enter_execve"\)\): bpf\(BPF_PROG_LOAD\) failed with EACCES: the verifier says: R1 .*\(at e = bpf_ringbuf_reserve\(&events, sizeof\(\*e\), 0\);.* insn 5: \(85\) call bpf_ringbuf_submit#132\)$/,
    );
    expect(error.log.length).toBeGreaterThan(5);
    expect(error.log.at(-1)).toMatch(/^processed \d+ insns/);
  });

  it("is a field that this kernel does not have: its name, and where it is read", () => {
    // Types of a kernel that has no task_struct.
    const nothing = Btf.parse(rawBtf([0, 2 ** 24, 4, 0x0100_0020], "x"));
    const error = errorOf(execsnoop, { kernelBtf: () => nothing });
    if (!(error instanceof VerifierError)) throw error;
    expect(error.message).toMatch(
      /failed to resolve CO-RE relocation <byte_off> \[\d+\] struct task_struct\.tgid \(0:\d+ @ offset \d+\) at /u,
    );
    expect(error.message).toContain("execsnoop.bpf.c:28");
    expect(error.hints[0]).toBe("This kernel has no type task_struct.");
    expect(error.log.join("\n")).not.toContain("unknown#");
  });

  it("is a map that was not created", () => {
    const error = errorOf(withMap(execsnoop, 0, { autocreate: false }));
    expect(error.message).toContain("BPF map 'events' is referenced but wasn't created");
  });

  it("is a helper that only GPL programs may call", () => {
    const error = errorOf({ ...execsnoop, license: "" });
    expect(error.hints).toContain('The object has no license: write char LICENSE[] SEC("license") = "GPL";');
  });

  it("is a helper that this kernel does not have", () => {
    const error = errorOf(calling(execsnoop, RINGBUF_RESERVE, 9999));
    expect(error.message).toContain("invalid func unknown#9999");
    expect(error.hints[0]).toBe("This kernel does not have that helper, or not for programs of this kind.");
  });

  it("is kept whole, however long the log gets", () => {
    // A line for each instruction: several megabytes.
    const steps = Array.from({ length: 60_000 }, (_, index) => insn(0xb7, 1, 0, 0, index));
    const error = errorOf(withCode(execsnoop, ...steps, insn(0xbf, 0, 5), insn(EXIT)));
    if (!(error instanceof VerifierError)) throw error;
    expect(error.message).toContain("R5 !read_ok");
    expect(error.truncated).toBe(false);
    expect(error.log.length).toBeGreaterThan(60_000);
    expect(error.log.join("\n").length).toBeGreaterThan(1 << 20);
  });
});

describeWithKernel("what the kernel refuses", {}, () => {
  it("is said with everything it was told about a map", () => {
    const error = errorOf(withMap(execsnoop, 0, { maxEntries: 0 }));
    expect(error).toBeInstanceOf(KernelError);
    expect(error.message).toBe(
      'creating map "events" (ringbuf, key 0 and value 0 bytes, max_entries 0, flags 0x0): bpf(BPF_MAP_CREATE) failed with EINVAL: this kernel does not know this kind of map, or not with these sizes and flags',
    );
    expect(error.hints).toEqual(["It has no max_entries: write __uint(max_entries, N), or set it before loading."]);
  });

  it("leaves nothing behind when the last map fails", () => {
    const last = opencount.maps.length - 1;
    expect(errorOf(withMap(opencount, last, { type: 9999 })).message).toContain(
      "section .bss of opencount.bpf.o (kind 9999",
    );
  });

  it("is a kind of program that it does not know", () => {
    const def = findSectionDef("tracepoint/x/y");
    if (def === undefined) throw new Error("no such section");
    const error = errorOf(withProgram(withCode(execsnoop, insn(0xb7), insn(EXIT)), { def: { ...def, type: 9999 } }));
    expect(error).toMatchObject({ code: "kernel", errnoName: "EINVAL" });
    expect(error.message).toContain("this kernel does not know programs of the kind tracepoint");
  });

  it("is everything, for a process without privileges: which ones, and where they come from", () => {
    const script = `
      const { readFileSync } = await import("node:fs");
      const { openObject } = await import("./src/object/open.ts");
      const { loadObject } = await import("./src/runtime/load/load.ts");
      const object = openObject(readFileSync("examples/execsnoop/execsnoop.bpf.o"), { what: "execsnoop.bpf.o" });
      const settings = { autoload: new Map(), maps: new Map(), contents: new Map() };
      try { loadObject(object, settings); } catch (error) { console.log(JSON.stringify({ ...error, message: error.message })); }`;
    const node = [process.execPath, "--import", "tsx", "--input-type=module", "-e", script];
    const output = execFileSync("setpriv", ["--bounding-set=-all", ...node], { encoding: "utf8" });
    const error = JSON.parse(output) as CoreGenError;
    expect(error).toMatchObject({ code: "permission", errnoName: "EPERM", command: "BPF_MAP_CREATE" });
    expect(error.message).toMatch(/^creating map "events" .*EPERM: operation not permitted$/);
    expect(error.hints[0]).toMatch(/^Run it as root, or give the process CAP_BPF and CAP_PERFMON/);
  });
});

describeWithKernel("features", { btf: false }, () => {
  it.each(featureNames)("%s is there where the version says so, and asked for only elsewhere", (feature) => {
    const probed = probeFeature(feature);
    if (isNewEnough(feature)) expect(probed).toBe(true);
    expect(hasFeature(feature)).toBe(probed);
  });
});

describeWithKernel("types for older kernels", { btf: false }, () => {
  const load = (bytes: Uint8Array): number => {
    const result = bpf(BPF_BTF_LOAD, new Attr(28).pointer(0, bytes).u32(16, bytes.length));
    if (result >= 0) libc().close(result);
    return Math.min(result, 0);
  };
  const features: readonly BtfFeature[] = featureNames.filter(
    (name): name is BtfFeature => name.startsWith("btf-") && name !== "btf-layout",
  );

  // In the order in which they came: a kernel that lacks one has none of the later ones.
  it.each(features)("are accepted by one that lacks %s and all that came later", (missing) => {
    const can = (feature: BtfFeature): boolean => features.indexOf(feature) < features.indexOf(missing);
    expect(load(sanitizeBtf(everyKind(), can))).toBe(0);
    // libbpf's rule fails there for function pointers, whose parameters have no names.
    if (missing === "btf-func") return;
    for (const { btf } of [execsnoop, opencount]) {
      if (btf === undefined) throw new Error("no BTF");
      expect(load(sanitizeBtf(btf, can))).toBe(0);
    }
  });
});

describeWithKernel("kernelBtf", {}, () => {
  it("is read once", () => {
    expect(kernelBtf()).toBe(kernelBtf());
    expect(kernelBtf().find("task_struct", "struct")).toBeGreaterThan(0);
  });

  it("can come from a file", () => {
    const btf = kernelBtf({ path: "/sys/kernel/btf/vmlinux" });
    expect(btf.typeCount).toBe(kernelBtf().typeCount);
  });

  it("is missed with a list of the places that were looked at", () => {
    const script = `
      const { kernelBtf } = await import("./src/runtime/kernel/btf.ts");
      try { kernelBtf(); } catch (error) { console.log(JSON.stringify({ ...error, message: error.message })); }`;
    const node = [process.execPath, "--import", "tsx", "--input-type=module", "-e", script];
    const error = JSON.parse(runWithoutKernelTypes(node)) as CoreGenError;
    expect(error.code).toBe("no-kernel-btf");
    expect(error.message).toMatch(/^looking for the types of the running kernel \(.+\): none found$/);
    expect(error.hints[0]).toContain("Looked for: /sys/kernel/btf/vmlinux; /boot/vmlinux-");
    expect(error.hints[1]).toContain("CONFIG_DEBUG_INFO_BTF=y");
  });

  it.each([
    ["/nowhere/vmlinux", "no-kernel-btf", /^reading kernel types: \/nowhere\/vmlinux can't be opened: ENOENT/],
    ["/bin/true", "no-kernel-btf", /^\/bin\/true has no section \.BTF$/],
    ["/etc/passwd", "bad-btf", /^\/etc\/passwd: this is not BTF/],
    ["/dev/null", "bad-btf", /^\/dev\/null: 0 bytes are too few/],
  ])("of %s is an error", (path, code, message) => {
    try {
      readBtfFile(path);
    } catch (error) {
      if (!isCoreGenError(error)) throw error;
      expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
      return;
    }
    throw new Error("it was read");
  });
});
