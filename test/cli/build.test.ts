import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dumpC } from "../../src/btf/dump-c/dump-c.ts";
import type { BpfObject } from "../../src/object/model.ts";
import { openObject } from "../../src/object/open.ts";
import { findRecords } from "../../src/object/records.ts";
import { describeWhere } from "../support/describe-where.ts";

const root = join(import.meta.dirname, "../..");

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "core-gen-build-test-"))));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A project of its own: its cache is in node_modules, as in a user's. */
function project(name: string, files: Record<string, string>): string {
  const path = join(folder, name);
  mkdirSync(join(path, "node_modules"), { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
  return path;
}

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function build(cwd: string, args: readonly string[], env: Record<string, string> = {}): Ended {
  const command = ["--import", join(root, "node_modules/tsx/dist/esm/index.mjs"), join(root, "src/cli/main.ts")];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...command, "build", ...args], {
    encoding: "utf8",
    cwd,
    env: { ...process.env, CLANG: undefined, ...env },
  });
  return { status, stdout, stderr };
}

const program = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "event.h"
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } events SEC(".maps");
SEC("raw_tp/sched_switch")
int on_switch(void *ctx) {
    struct event *event = bpf_ringbuf_reserve(&events, sizeof *event, 0);
    if (!event) return 0;
    event->pid = bpf_get_current_pid_tgid() >> 32;
    event->next = (void *)0;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
char LICENSE[] SEC("license") = "GPL";
`;
const header = `struct part { short a[3]; };
struct event { __u32 pid; struct part part; struct event *next; };
`;

const clang = spawnSync("clang-19", ["--version"]).error === undefined;
const withoutClang = clang ? undefined : { reason: "there is no clang-19", requiredBy: "CORE_GEN_REQUIRE_REFEREE" };

describeWhere("core-gen build", withoutClang, () => {
  const env = { CLANG: "clang-19" };

  it("compiles a program, and writes its object and its module", () => {
    const cwd = project("simple", { "one.bpf.c": program, "event.h": header });
    const { status, stdout, stderr } = build(cwd, ["one.bpf.c"], env);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^one\.skel\.ts {2}\d+\.\d s\n$/u);
    expect(readFileSync(join(cwd, "one.skel.ts"), "utf8")).toContain("events: RingBuffer<Event>");
  });

  it("leaves the debug info out, and what it says of records in", () => {
    const cwd = project("small", { "one.bpf.c": program, "event.h": header });
    expect(build(cwd, ["one.bpf.c"], env).status).toBe(0);
    const object = openObject(readFileSync(join(cwd, "one.bpf.o")), { what: "one.bpf.o" });
    expect(object.elf.sections.filter(({ name }) => name.includes(".debug_"))).toEqual([]);

    // What clang says of the same struct where it is in BTF by itself.
    const [events] = findRecords(object).maps;
    expect(events).toMatchObject({ map: "events", source: "decl-tag" });
    const said = openObject(readFileSync(compiledByHand(cwd)), { what: "by-hand.o" });
    // Where a declaration goes ahead of its struct depends on the order of the types.
    const declaration = ({ btf }: BpfObject): string =>
      dumpC(btf!, { roots: [btf!.find("event", "struct")!] }).replace("struct event;\n\n", "");
    expect(declaration(object)).toBe(declaration(said));
  });

  it("gives an object from which skel makes the same module", () => {
    const cwd = project("same", { "one.bpf.c": program, "event.h": header });
    expect(build(cwd, ["one.bpf.c"], env).status).toBe(0);
    const command = ["--import", "tsx", join(root, "src/cli/main.ts"), "skel", join(cwd, "one.bpf.o")];
    const { stdout } = spawnSync(process.execPath, command, { encoding: "utf8", cwd: root });
    expect(stdout).toBe(readFileSync(join(cwd, "one.skel.ts"), "utf8"));
  });

  it("builds what has changed, and nothing else", { timeout: 120_000 }, () => {
    const cwd = project("again", { "one.bpf.c": program, "event.h": header });
    const rebuilt = (...args: string[]): boolean => !build(cwd, ["one.bpf.c", ...args], env).stdout.includes("has not");
    expect(rebuilt()).toBe(true);
    expect(rebuilt()).toBe(false);
    writeFileSync(join(cwd, "event.h"), header.replace("short a[3]", "short a[5]"));
    expect(rebuilt()).toBe(true);
    expect(rebuilt("--cflag=-DX=1")).toBe(true);
    expect(rebuilt("--cflag=-DX=1")).toBe(false);
    rmSync(join(cwd, "one.bpf.o"));
    expect(rebuilt("--cflag=-DX=1")).toBe(true);
    writeFileSync(join(cwd, "one.skel.ts"), "edited");
    expect(rebuilt("--cflag=-DX=1")).toBe(true);
    expect(rebuilt("--cflag=-DX=1", "--force")).toBe(true);
  });

  it("writes the same bytes in another folder", () => {
    const [one, other] = ["here", "elsewhere"].map((name) => {
      const cwd = project(name, { "one.bpf.c": program, "event.h": header });
      expect(build(cwd, ["one.bpf.c"], env).status).toBe(0);
      return readFileSync(join(cwd, "one.bpf.o"));
    });
    expect(one?.equals(other ?? Buffer.alloc(0))).toBe(true);
  });

  it("puts several programs into a folder, and names them by a glob", () => {
    const cwd = project("many", { "one.bpf.c": program, "two.bpf.c": program, "event.h": header });
    const { status, stdout } = build(cwd, ["*.bpf.c", "--out-dir", "new/folder"], env);
    expect(status).toBe(0);
    expect(
      stdout
        .split("\n")
        .sort()
        .map((line) => line.split("  ")[0]),
    ).toEqual(["", "new/folder/one.skel.ts", "new/folder/two.skel.ts"]);
    expect(readdirSync(join(cwd, "new/folder")).sort()).toEqual([
      "one.bpf.o",
      "one.skel.ts",
      "two.bpf.o",
      "two.skel.ts",
    ]);
  });

  it("takes a record's struct for the programs that have the map, and says so when none has", () => {
    const other = program.replaceAll("events", "others");
    const cwd = project("records", { "one.bpf.c": program, "two.bpf.c": other, "event.h": header });
    expect(build(cwd, ["*.bpf.c", "--record", "others=event"], env)).toMatchObject({ status: 0, stderr: "" });
    const { status, stderr } = build(cwd, ["*.bpf.c", "--record", "none=event"], env);
    expect(stderr).toBe("core-gen: --record names none: no program that is built has such a buffer\n");
    expect(status).toBe(1);
  });

  it("knows the words of kernel code, and the machine", () => {
    const asked = `static long copy(const char __user *from) { return (long)from; }\n${program}
#if !defined(__TARGET_ARCH_arm64)
#error "for the wrong machine"
#endif
long use(void *ctx) { return copy(ctx); }`;
    const cwd = project("words", { "one.bpf.c": asked, "event.h": header });
    expect(build(cwd, ["one.bpf.c", "--arch", "arm64"], env)).toMatchObject({ status: 0, stderr: "" });
    expect(build(cwd, ["one.bpf.c", "--arch", "x64"], env).stderr).toContain("for the wrong machine");
  });

  it("passes clang's errors on, writes nothing, and builds the others", () => {
    const cwd = project("broken", { "bad.bpf.c": "int f(", "good.bpf.c": program, "event.h": header });
    const { status, stdout, stderr } = build(cwd, ["bad.bpf.c", "good.bpf.c"], env);
    expect(status).toBe(1);
    expect(stderr).toContain("bad.bpf.c:1:7: error: expected parameter declarator");
    expect(stderr).toContain("core-gen: compiling bad.bpf.c: clang refuses it, see above\n");
    expect(stderr).toContain("core-gen: 1 of 2 programs could not be built\n");
    expect(stdout).toMatch(/^good\.skel\.ts/u);
    expect(readdirSync(cwd).sort()).toEqual([
      "bad.bpf.c",
      "event.h",
      "good.bpf.c",
      "good.bpf.o",
      "good.skel.ts",
      "node_modules",
    ]);
  });

  it("says which package has a header", () => {
    const cwd = project("headers", { "one.bpf.c": "#include <bpf/no_such_helpers.h>\n" });
    expect(build(cwd, ["one.bpf.c"], env).stderr).toContain("bpf/no_such_helpers.h is part of libbpf: apt install");
  });

  it("writes vmlinux.h where a program includes it and has none, or says how to", () => {
    const source = `#include "vmlinux.h"\n#include <bpf/bpf_helpers.h>\n${program.slice(program.indexOf("struct {"))}`;
    const types = `#include "vmlinux.h"\n${header}`;
    const cwd = project("kernel", { "one.bpf.c": source.replace("struct {", `${types}struct {`) });
    const { status, stderr } = build(cwd, ["one.bpf.c"], env);
    if (existsSync("/sys/kernel/btf/vmlinux")) {
      expect({ status, stderr }).toEqual({
        status: 0,
        stderr: "core-gen: vmlinux.h was missing and is written, the types of the running kernel\n",
      });
      const made = statSync(join(cwd, "vmlinux.h"));
      expect(build(cwd, ["one.bpf.c", "--force"], env)).toMatchObject({ status: 0, stderr: "" });
      expect(statSync(join(cwd, "vmlinux.h")).mtimeMs).toBe(made.mtimeMs);
    } else {
      expect(stderr).toContain("core-gen vmlinux --btf KERNEL.btf -o vmlinux.h");
      expect(readdirSync(cwd).sort()).toEqual(["node_modules", "one.bpf.c"]);
    }
  });

  /** The object that clang writes with the struct in its BTF, because a global variable has it. */
  function compiledByHand(cwd: string): string {
    const source = join(cwd, "by-hand.c");
    writeFileSync(source, `#include <linux/types.h>\n${header}struct event global;\n`);
    const output = join(cwd, "by-hand.o");
    const asm = `/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
    const args = ["--target=bpf", "-g", "-O2", "-idirafter", asm, "-c", source, "-o", output];
    expect(spawnSync("clang-19", args).status).toBe(0);
    return output;
  }
});

describe("core-gen build", () => {
  it.each<[string, Record<string, string>, string[], Record<string, string>, RegExp]>([
    ["no source", {}, ["none.bpf.c"], {}, /^core-gen: reading none\.bpf\.c: no such file or directory$/mu],
    ["a glob that fits nothing", {}, ["*.bpf.c"], {}, /^core-gen: building \*\.bpf\.c: no file fits this pattern$/mu],
    ["an object", { "a.bpf.o": "" }, ["a.bpf.o"], {}, /^core-gen: building a\.bpf\.o: this is no C file$/mu],
    [
      "two sources for one module",
      { "a.c": "", "a.bpf.c": "" },
      ["a.c", "a.bpf.c"],
      {},
      /^core-gen: building a\.bpf\.c: a\.c would be a\.skel\.ts, too$/mu,
    ],
    [
      "no clang",
      { "a.c": "" },
      ["a.c"],
      { PATH: "/nowhere" },
      /^core-gen: looking for clang: there is none on the PATH$/mu,
    ],
    [
      "another compiler",
      { "a.c": "" },
      ["a.c"],
      { CLANG: "./gcc" },
      /^core-gen: running \.\/gcc --version: this is not clang/mu,
    ],
    [
      "an old clang",
      { "a.c": "" },
      ["a.c"],
      { CLANG: "./clang-11" },
      /^core-gen: \.\/clang-11 is clang 11, and BPF programs need 12/mu,
    ],
    [
      "a clang without BPF",
      { "a.c": "" },
      ["a.c"],
      { CLANG: "./clang" },
      /^core-gen: \.\/clang can't compile for BPF/mu,
    ],
  ])("says what is wrong with %s, and writes nothing", (name, files, args, env, message) => {
    const cwd = project(name, files);
    for (const [tool, says] of [
      ["gcc", "gcc 12"],
      ["clang-11", "clang version 11.0.1"],
      ["clang", "clang version 19.1.7"],
    ] as const) {
      writeFileSync(join(cwd, tool), `#!/bin/sh\necho "${says}"\n`);
      chmodSync(join(cwd, tool), 0o755);
    }
    const before = readdirSync(cwd).sort();
    const { status, stdout, stderr } = build(cwd, args, env);
    expect(stderr).toMatch(message);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(readdirSync(cwd).sort()).toEqual(before);
  });
});
