import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect, it } from "vitest";

import { execsnoop } from "../../examples/execsnoop/execsnoop.skel.ts";
import { opencount } from "../../examples/opencount/opencount.skel.ts";
import type { BpfObject } from "../../src/object/model.ts";
import { openObject } from "../../src/object/open.ts";
import { CALL, EXIT, type Insn } from "../../src/object/insn/insn.ts";
import { VerifierError } from "../../src/runtime/errors.ts";
import { loadObject } from "../../src/runtime/load/load.ts";
import type { LogEvent, OnLog } from "../../src/runtime/load/log-events.ts";
import { programInfo } from "../../src/runtime/sys/program-info.ts";
import { openDescriptors } from "../../src/runtime/sys/fd.ts";
import { corpusObjects, describeWithReferee, libbpfLog } from "../referee/referee.ts";
import { pinned } from "../objects/pinned.skel.ts";
import { mountBpffs } from "../support/bpffs.ts";
import { describeWithKernel } from "../support/kernel.ts";

const settings = { autoload: new Map(), maps: new Map(), contents: new Map() };
const open = (name: string): BpfObject =>
  openObject(readFileSync(`examples/${name}/${name}.bpf.o`), { what: `${name}.bpf.o` });

/** Kinds of events for which libbpf has no line, or one that is not about the object. */
const ownWords: readonly LogEvent["kind"][] = ["feature-probed", "btf-loaded", "btf-sanitized", "program-loaded"];

/** Lines of libbpf that are no events: what it found in the file, which is there to be read without loading it. */
const aboutTheFile: readonly RegExp[] = [
  /^(?:loading object from|license of|kernel version of|elf: |looking for externs|collected \d+ externs)/u,
  /^sec '.*': (?:found program|collecting relocation|relo #\d+: insn #\d+ against|found \d+ CO-RE relocations)/u,
  /^map '.*'(?: \(global data\))?: (?:at sec_idx|found (?:type|key|value|max_entries|map_flags|map_extra|pinning|numa|inner))/u,
  /^map \d+ is "|^\.maps relo #|^struct_ops reloc |^struct_ops init: |^extern \((?:kcfg|ksym)\) #\d+: symbol/u,
  /^prog '.*': (?:found (?:data map|map|arena map|extern)|unrecognized ELF section)/u,
];
/** And a privilege that core-gen only asks for in user namespaces: elsewhere the kernel has none to give. */
const aboutTokens = "BPF token";

const isEvent = (line: string): boolean =>
  !line.includes(aboutTokens) && !aboutTheFile.some((lines) => lines.test(line));

/** What differs from one loading to the next. */
const withoutNumbers = (line: string): string => line.replace(/fd=\d+/u, "fd=N");

describeWithReferee("onLog, beside libbpf's debug log", { corpus: ["objects"] }, () => {
  describeWithKernel("of objects that both load", {}, () => {
    const names = [
      "inner-maps",
      "kconfig",
      "ksyms",
      "linking",
      "map-kinds",
      "struct-ops.stripped",
      "arena",
      "extended",
    ];
    const objects = [
      ...["execsnoop", "opencount"].map((name) => `examples/${name}/${name}.bpf.o`),
      ...names.map((name) => `test/objects/${name}.bpf.o`),
      ...corpusObjects(),
    ];
    const compared = { lines: 0, objects: 0 };

    it.for(objects.map((path) => [basename(path), path] as const))("%s", ([, path], { skip }) => {
      const messages: string[] = [];
      const onLog = ({ kind, message }: LogEvent): void => {
        if (!ownWords.includes(kind)) messages.push(...message.split("\n").slice(0, 1).map(withoutNumbers));
      };
      const object = openable(path);
      if (object === undefined) return skip("it can't be opened");
      // Pins would stay behind: see below for what is said of them.
      if (object.maps.some(({ pinning }) => pinning !== 0)) skip("libbpf would pin its maps in /sys/fs/bpf");
      try {
        // libbpf names maps of data by the file's name, up to its first dot.
        loadObject(object, { ...settings, name: basename(path).split(".")[0] ?? "", onLog }).close();
      } catch {
        skip("this kernel does not load it");
      }
      const log = libbpfLog(path);
      if (log.includes(`failed to load object '${path}'`)) skip("libbpf does not load it");
      const theirs = new Set(log.map(withoutNumbers));
      expect(messages.filter((line) => !theirs.has(line))).toEqual([]);
      const lines = [...theirs].filter(isEvent);
      expect(lines.filter((line) => !messages.includes(line))).toEqual([]);
      compared.lines += lines.length;
      compared.objects++;
    });

    it("which are many", () => {
      expect(compared.objects).toBeGreaterThan(40);
      expect(compared.lines).toBeGreaterThan(500);
    });
  });
});

describeWithKernel("onLog", {}, () => {
  it("gets the facts of each event", () => {
    const events: LogEvent[] = [];
    using skel = opencount.load({ onLog: (event) => events.push(event) });
    expect(skel.progs.handle_openat.loaded).toBe(true);
    const facts = events.filter(({ kind }) => kind !== "relocation" && kind !== "feature-probed");
    expect(facts).toEqual([
      expect.objectContaining({ kind: "types-read", path: "/sys/kernel/btf/vmlinux" }),
      expect.objectContaining({ kind: "call-relocated", function: "handle_openat", subprogram: "send_report" }),
      expect.objectContaining({ kind: "subprogram-added", program: "handle_openat", subprogram: "send_report" }),
      expect.objectContaining({ kind: "btf-loaded", level: "debug" }),
      ...["opens_by_pid", "reports", ".rodata", ".bss"].map((map): unknown =>
        expect.objectContaining({ kind: "map-created", map }),
      ),
      expect.objectContaining({ kind: "program-loaded", program: "handle_openat", instructions: 107 }),
    ]);
    const relocations = events.filter((event) => event.kind === "relocation");
    expect(relocations.at(-1)).toEqual({
      level: "debug",
      kind: "relocation",
      program: "handle_openat",
      relocation: 3,
      message: expect.stringMatching(/^prog 'handle_openat': relo #3: patched insn #66 /u) as string,
    });
  });

  it("hears of programs that are left out, refused, and of what the verifier said", () => {
    const events: LogEvent[] = [];
    const onLog = (event: LogEvent): void => void events.push(event);
    opencount.load({ progs: { handle_openat: { autoload: false } }, onLog }).close();
    expect(events.at(-1)).toMatchObject({
      kind: "program-skipped",
      message: "prog 'handle_openat': skipped loading",
    });
    expect(() => loadObject(uninitialised(), { ...settings, onLog })).toThrow(VerifierError);
    expect(events.slice(-2)).toMatchObject([
      { kind: "program-refused", level: "warn", message: "prog 'handle_execve': BPF program load failed: -EACCES" },
      { kind: "verifier-log", program: "handle_execve" },
    ]);
  });

  // The words of bpf_object__reuse_map(), bpf_object__create_maps(), bpf_map__pin() and bpf_map__unpin().
  it("hears of pins, when loading and later, and of maps that are used again", () => {
    using bpffs = mountBpffs();
    const [root, elsewhere] = [`${bpffs.path}/app`, `${bpffs.path}/elsewhere`];
    const lines = (run: (onLog: OnLog) => void): string[] => {
      const messages: string[] = [];
      run(({ kind, message }) => {
        if (/^map-(?:pin|unpin|reused|created)/u.test(kind) && /shared|elsewhere/u.test(message))
          messages.push(withoutNumbers(message));
      });
      return messages;
    };
    const first = lines((onLog) => {
      using skel = pinned.load({ pinRoot: root, onLog });
      skel.maps.shared.unpin();
      skel.maps.shared.pin(elsewhere);
      skel.maps.shared.unpin();
    });
    expect(first).toEqual([
      `found no pinned map to reuse at '${root}/shared'`,
      "map 'shared': created successfully, fd=N",
      `pinned map '${root}/shared'`,
      `unpinned map 'shared' from '${root}/shared'`,
      `pinned map '${elsewhere}'`,
      `unpinned map 'shared' from '${elsewhere}'`,
    ]);
    using skel = pinned.load({ pinRoot: root });
    const again = lines((onLog) => {
      pinned.load({ pinRoot: root, onLog }).close();
    });
    expect(again).toEqual([`reused pinned map at '${root}/shared'`, "map 'shared': skipping creation (preset fd=N)"]);
    const given = lines((onLog) => {
      pinned.load({ pinRoot: root, maps: { shared: { reuse: skel.maps.shared } }, onLog }).close();
    });
    expect(given).toEqual(["map 'shared': skipping creation (preset fd=N)"]);
  });

  it("that throws when a map was found leaves nothing behind", () => {
    using bpffs = mountBpffs();
    using _skel = pinned.load({ pinRoot: bpffs.path });
    const before = openDescriptors();
    for (const kind of ["map-pin-found", "map-reused"]) {
      const onLog = (event: LogEvent): void => {
        if (event.kind === kind) throw new Error("enough");
      };
      expect(() => pinned.load({ pinRoot: bpffs.path, onLog })).toThrow("enough");
      expect(openDescriptors()).toEqual(before);
    }
  });

  it.each(["btf-loaded", "map-created", "program-loaded", "relocation"] as const)(
    "that throws at %s ends the loading, and nothing is left",
    (kind) => {
      const onLog = (event: LogEvent): void => {
        if (event.kind === kind) throw new Error("enough");
      };
      expect(() => execsnoop.load({ onLog })).toThrow("enough");
      expect(openDescriptors()).toEqual([]);
    },
  );
});

describeWithKernel("the verifier's log", {}, () => {
  it("of a program that it takes is there when it is asked for, with the same count that the kernel keeps", () => {
    using silent = execsnoop.load();
    expect([silent.progs.handle_execve.log, silent.progs.handle_execve.statistics]).toEqual([[], undefined]);
    const opened = execsnoop.open();
    expect(opened.progs.handle_execve.logLevel).toBe(0);
    opened.progs.handle_execve.logLevel = 2 | 4;
    using skel = opened.load();
    const { log, statistics, fd } = skel.progs.handle_execve;
    expect(log.some((line) => line.includes("(85) call bpf_ringbuf_reserve#131"))).toBe(true);
    expect(statistics?.processedInsns).toBe(programInfo(fd, "a program").verifiedInsns);
    expect(statistics?.verificationTime).toBeGreaterThan(0);
    expect(statistics?.stackDepth?.length).toBe(1);
  });

  it("has only the statistics at level 4", () => {
    using skel = execsnoop.load({ progs: { handle_execve: { logLevel: 4 } } });
    expect(skel.progs.handle_execve.log.map((line) => line.split(" ")[0])).toEqual([
      "verification",
      "stack",
      "processed",
    ]);
  });

  it.each([-1, 8, 1.5, "1"])("has no level %j", (level) => {
    const opened = execsnoop.open();
    expect(() => {
      opened.progs.handle_execve.logLevel = level as number;
    }).toThrow(/^program "handle_execve": logLevel takes an integer from 0 to 7, not /u);
  });

  it("grows until it holds everything, of programs that are taken, too", () => {
    // A line for each instruction at level 2: several megabytes.
    const steps = Array.from({ length: 60_000 }, (_, index) => insn(0xb7, 1, 0, 0, index));
    const object = withCode(open("execsnoop"), ...steps, insn(0xb7), insn(EXIT));
    const loaded = loadObject(object, { ...settings, logLevels: new Map([["handle_execve", 2]]) });
    const log = loaded.programs.get("handle_execve")?.log ?? [];
    loaded.close();
    expect(log.join("\n").length).toBeGreaterThan(1 << 20);
    expect(log.at(-1)).toMatch(/^processed 60002 insns/u);
  });

  it("of one that it refuses has the line of C beside each instruction", () => {
    const error = refusalOf(calling(open("execsnoop"), 131, 132));
    const call = error.lines.findLast(({ insn: slot }) => slot !== undefined);
    expect(call).toEqual({
      text: "5: (85) call bpf_ringbuf_submit#132",
      insn: 5,
      source: {
        file: expect.stringMatching(/execsnoop\.bpf\.c$/u) as string,
        line: 23,
        text: "e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);",
      },
    });
    expect(error.lines.map(({ text }) => text)).toEqual(error.log);
    expect(error.excerpt(2).split("\n")).toEqual([
      expect.stringMatching(/^; .*execsnoop\.bpf\.c:23: e = bpf_ringbuf_reserve\(&events, sizeof\(\*e\), 0\);$/u),
      expect.stringMatching(/^ {4}4: \(b7\) r3 = 0/u),
      "    5: (85) call bpf_ringbuf_submit#132",
      expect.stringMatching(/^R1 type=map_ptr/u),
    ]);
    expect(error.statistics?.processedInsns).toBeGreaterThan(3);
  });
});

/** A program is pinned in a mount namespace of its own, where there is a BPF file system. */
const pinScript = `
  import { execFileSync } from "node:child_process";
  import { existsSync, writeFileSync } from "node:fs";
  import { execsnoop } from "./examples/execsnoop/execsnoop.skel.ts";
  const path = "/sys/fs/bpf/tools/execve";
  const skel = execsnoop.load();
  const { handle_execve: program } = skel.progs;
  program.pin(path);
  const messages = [];
  for (const other of [path, "/tmp/execve"]) try { program.pin(other); } catch (error) { messages.push(error.message); }
  skel.close();
  const { name } = JSON.parse(execFileSync("bpftool", ["-j", "prog", "show", "pinned", path], { encoding: "utf8" }));
  const again = execsnoop.load();
  again.progs.handle_execve.unpin(path);
  again.close();
  console.log(JSON.stringify({ name, messages, left: existsSync(path) }));`;

describeWithKernel("pinning a program", {}, () => {
  it("keeps it when the skeleton is closed", { timeout: 30_000 }, () => {
    const node = [process.execPath, "--import", "tsx", "--input-type=module", "-e", pinScript];
    const script = 'mount -t bpf bpf /sys/fs/bpf && exec "$@"';
    const args = ["--mount", "--propagation", "private", "sh", "-c", script, "sh", ...node];
    const { name, messages, left } = JSON.parse(execFileSync("unshare", args, { encoding: "utf8" })) as {
      name: string;
      messages: string[];
      left: boolean;
    };
    expect({ name, left }).toEqual({ name: "handle_execve", left: false });
    expect(messages[0]).toMatch(/^pinning program "handle_execve" at \/sys\/fs\/bpf\/tools\/execve: .*EEXIST/u);
    expect(messages[1]).toBe('pinning program "handle_execve" at /tmp/execve: /tmp is not in a BPF file system');
  });
});

function openable(path: string): BpfObject | undefined {
  try {
    return openObject(readFileSync(path), { what: path });
  } catch {
    return undefined;
  }
}

function refusalOf(object: BpfObject): VerifierError {
  try {
    loadObject(object, settings).close();
  } catch (error) {
    if (error instanceof VerifierError) return error;
    throw error;
  }
  throw new Error("it was loaded");
}

function insn(code: number, dst = 0, src = 0, off = 0, imm = 0): Insn {
  return { code, dst, src, off, imm };
}

function withCode(object: BpfObject, ...insns: Insn[]): BpfObject {
  const programs = object.programs.map((program) => ({ ...program, insns, relocations: [] }));
  return { ...object, ext: undefined, programs };
}

/** `return r5`, which was never set. */
function uninitialised(): BpfObject {
  return withCode(open("execsnoop"), insn(0xbf, 0, 5), insn(EXIT));
}

/** The program with one helper called in the place of another. */
function calling(object: BpfObject, from: number, to: number): BpfObject {
  const patch = (code: readonly Insn[]): Insn[] =>
    code.map((one) => (one.code === CALL && one.imm === from ? { ...one, imm: to } : one));
  return { ...object, programs: object.programs.map((program) => ({ ...program, insns: patch(program.insns) })) };
}
