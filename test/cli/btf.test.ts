import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { Btf } from "../../src/btf/btf.ts";
import { BtfBuilder, everyKind } from "../support/btf-builder.ts";

const root = join(import.meta.dirname, "../..");
const object = join(root, "examples/execsnoop/execsnoop.bpf.o");

let folder: string;
let kernel: string;
let newer: string;
let module: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "core-gen-btf-"));
  kernel = join(folder, "1.0.btf");
  newer = join(folder, "2.0.btf");
  module = join(folder, "module.btf");
  writeFileSync(kernel, kernelBtf("1.0"));
  writeFileSync(newer, kernelBtf("2.0"));
  const split = new BtfBuilder({ base: Btf.parse(kernelBtf("1.0")) });
  split.composite("struct", "in_module", 8, [["task", split.refer("ptr", 2), 0]]);
  writeFileSync(module, split.build());
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Two kernels: the newer one's task_struct has grown, and an enum has another value. */
function kernelBtf(version: "1.0" | "2.0"): Uint8Array {
  const b = new BtfBuilder();
  const int = b.int("int", 4, { encoding: 1 });
  const fields: [string, number, number][] = [
    ["state", int, 0],
    ["pid", int, 64],
    ["tgid", int, 96],
    ["flags", int, 128],
  ];
  const later = fields.map(([name, type, at], index): [string, number, number] => [
    name,
    type,
    index === 0 ? at : at + 64,
  ]);
  if (version === "1.0") b.composite("struct", "task_struct", 24, fields);
  else b.composite("struct", "task_struct", 32, [...later, ["added", b.refer("ptr", int), 64]]);
  b.enumeration("state", 4, false, version === "1.0" ? [["RUNNING", 0], ["OLD", 1]] : [["RUNNING", 2], ["NEW", 3]]); // prettier-ignore
  if (version === "1.0") b.composite("union", "gone", 4, [["x", int, 0]]);
  b.refer("typedef", int, version === "1.0" ? "pid_t" : "new_t");
  return b.build();
}

interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function btf(...args: string[]): Result {
  const command = ["--import", "tsx", join(root, "src/cli/main.ts"), "btf", ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8", cwd: root });
  return { status, stdout, stderr };
}

describe("core-gen btf dump", { timeout: 60_000 }, () => {
  it("prints a line for each type and each member", () => {
    const { status, stdout, stderr } = btf("dump", kernel);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.split("\n").slice(0, 3)).toEqual([
      "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED",
      "[2] STRUCT 'task_struct' size=24 vlen=4",
      "\t'state' type_id=1 bits_offset=0",
    ]);
  });

  it("prints the types that are asked for, by name, kind or id", () => {
    const { stdout } = btf("dump", kernel, "--root", "pid_t", "--root", "1", "--root", "union gone", "--root", "1");
    expect(stdout.match(/^\[\d+\] \S+ \S+/gmu)).toEqual(["[5] TYPEDEF 'pid_t'", "[1] INT 'int'", "[4] UNION 'gone'"]);
  });

  it("prints JSON, C and TypeScript", () => {
    const json = JSON.parse(btf("dump", kernel, "--format", "json").stdout) as {
      types: { id: number; kind: string }[];
    };
    expect(json.types.map(({ kind }) => kind)).toEqual(["INT", "STRUCT", "ENUM", "UNION", "TYPEDEF"]);
    const header = btf("dump", kernel, "--format", "c", "--root", "task_struct").stdout;
    expect(header).toContain("struct task_struct {\n\tint state;\n");
    expect(header).not.toContain("union gone");
    const types = btf("dump", kernel, "--format", "ts", "--root", "task_struct").stdout;
    expect(types).toContain("export interface TaskStruct {\n  /** `int state` at 0, 4 bytes */\n  state: number;\n");
  });

  it("writes C in the order of ids when asked to", () => {
    const place = (text: string): number[] =>
      ["struct task_struct {", "enum state {"].map((word) => text.indexOf(word));
    const [struct = 0, enumeration = 0] = place(btf("dump", kernel, "-f", "c", "--unsorted").stdout);
    expect([struct > 0, struct < enumeration]).toEqual([true, true]);
    const [sortedStruct = 0, sortedEnumeration = 0] = place(btf("dump", kernel, "-f", "c").stdout);
    expect(sortedEnumeration).toBeLessThan(sortedStruct);
  });

  it("puts a module's types on those of its kernel", () => {
    const { status, stdout } = btf("dump", module, "--base", kernel);
    expect(status).toBe(0);
    expect(stdout).toBe(
      "[6] PTR '(anon)' type_id=2\n[7] STRUCT 'in_module' size=8 vlen=1\n\t'task' type_id=6 bits_offset=0\n",
    );
  });

  it("dumps the types of an object", () => {
    expect(btf("dump", object).stdout).toMatch(/^\[\d+\] DATASEC '\.maps' size=0 vlen=\d+$/mu);
  });

  it("ends quietly when its reader has seen enough", () => {
    const b = new BtfBuilder();
    for (let index = 0; index < 50_000; index++) b.int(`type_${index}`, 4);
    const large = join(folder, "large.btf");
    writeFileSync(large, b.build());
    const command = `${process.execPath} --import tsx src/cli/main.ts btf dump ${large} | head -n 1; echo "$\{PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", command], { encoding: "utf8", cwd: root });
    expect({ stdout, stderr }).toEqual({
      stdout: "[1] INT 'type_0' size=4 bits_offset=0 nr_bits=32 encoding=(none)\n0\n",
      stderr: "",
    });
  });

  it.runIf(existsSync("/sys/kernel/btf/vmlinux"))("knows the running kernel by its name", () => {
    const { stdout } = btf("dump", "vmlinux", "--root", "struct list_head");
    expect(stdout).toMatch(/^\[\d+\] STRUCT 'list_head' size=16 vlen=2\n\t'next' type_id=\d+ bits_offset=0\n/u);
  });
});

describe("core-gen btf show", { timeout: 60_000 }, () => {
  it("prints a struct with offsets, sizes, holes and sums", () => {
    expect(btf("show", "task_struct", kernel)).toEqual({
      status: 0,
      stderr: "",
      stdout: [
        "struct task_struct {",
        "\tint                        state;                /*     0     4 */",
        "",
        "\t/* XXX 4 bytes hole, try to pack */",
        "",
        "\tint                        pid __attribute__((__aligned__(8))); /*     8     4 */",
        "\tint                        tgid;                 /*    12     4 */",
        "\tint                        flags;                /*    16     4 */",
        "",
        "\t/* size: 24, cachelines: 1, members: 4 */",
        "\t/* sum members: 16, holes: 1, sum holes: 4 */",
        "\t/* padding: 4 */",
        "\t/* forced alignments: 1, forced holes: 1, sum forced holes: 4 */",
        "\t/* last cacheline: 24 bytes */",
        "} __attribute__((__aligned__(8)));",
        "",
      ].join("\n"),
    });
  });

  it("prints all that have the name, or one kind", () => {
    expect(btf("show", "state", kernel).stdout).toBe("enum state {\n\tRUNNING = 0,\n\tOLD     = 1,\n};\n");
    expect(btf("show", "typedef pid_t", kernel).stdout).toBe("typedef int pid_t;\n");
  });
});

describe("core-gen btf find", { timeout: 60_000 }, () => {
  it("prints id, kind, name and size", () => {
    expect(btf("find", "*_*t", kernel)).toEqual({
      status: 0,
      stderr: "",
      stdout: "[2]  struct   task_struct  24 bytes\n[5]  typedef  pid_t        4 bytes\n",
    });
  });

  it("goes through several files, and takes a part of a name", () => {
    expect(btf("find", "sk_st", kernel, newer).stdout).toBe(
      `${kernel}: 1 type\n  [2]  struct  task_struct  24 bytes\n${newer}: 1 type\n  [3]  struct  task_struct  32 bytes\n`,
    );
    const json = JSON.parse(btf("find", "gone", kernel, newer, "--json").stdout) as unknown;
    expect(json).toEqual([
      { file: kernel, types: [{ id: 4, kind: "union", name: "gone", size: 4 }] },
      { file: newer, types: [] },
    ]);
  });

  it("says that there is nothing, with status 1", () => {
    expect(btf("find", "nothing", kernel)).toEqual({
      status: 1,
      stdout: "",
      stderr: 'core-gen: looking for "nothing": no type has a name like this\n',
    });
  });
});

describe("core-gen btf diff", { timeout: 60_000 }, () => {
  it("prints a heading for each type, and a line for each change", () => {
    expect(btf("diff", kernel, newer)).toEqual({
      status: 0,
      stderr: "",
      stdout: [
        "From 1.0 to 2.0: 1 added, 2 removed, 2 changed",
        "struct task_struct: 24 to 32 bytes",
        "  + added: int * at 8, 8 bytes",
        "  ~ pid … flags: 3 fields moved up by 8 bytes",
        "union gone: removed, 4 bytes",
        "enum state: 4 bytes",
        "  - OLD = 1",
        "  ~ RUNNING: 0 is now 2",
        "  + NEW = 3",
        "typedef new_t: added, 4 bytes",
        "typedef pid_t: removed, 4 bytes",
        "",
      ].join("\n"),
    });
  });

  it("prints every field of a type that is asked for", () => {
    expect(btf("diff", kernel, newer, "--type", "task_struct").stdout.split("\n").slice(2, 6)).toEqual([
      "  + added: int * at 8, 8 bytes",
      "  ~ pid: moved from 8 to 16",
      "  ~ tgid: moved from 12 to 20",
      "  ~ flags: moved from 16 to 24",
    ]);
  });

  it("prints JSON", () => {
    const changes = JSON.parse(btf("diff", kernel, newer, "--json", "--kind", "struct").stdout) as unknown;
    expect(changes).toMatchObject([
      {
        ...{ kind: "struct", name: "task_struct", change: "changed", sizeBefore: 24, sizeAfter: 32 },
        fields: [
          { field: "added", after: { type: "int *", bitOffset: 64, size: 8 } },
          { field: "pid", before: { bitOffset: 64 }, after: { bitOffset: 128 } },
          { field: "tgid" },
          { field: "flags" },
        ],
      },
    ]);
  });

  it("says that nothing changed", () => {
    expect(btf("diff", kernel, kernel).stdout).toBe("From 1.0 to 1.0: 0 added, 0 removed, 0 changed\n");
  });
});

describe("core-gen btf with wrong input", { timeout: 60_000 }, () => {
  it.each<[string, () => string[], () => string]>([
    [
      "no command",
      () => [],
      () =>
        "core-gen: Say what to do with types: core-gen btf show task_struct, for example.\n  core-gen --help shows all commands and options.\n",
    ],
    [
      "no types",
      () => ["dump"],
      () =>
        "core-gen: Name a file with types, or vmlinux: core-gen btf dump vmlinux, for example.\n  core-gen --help shows all commands and options.\n",
    ],
    [
      "one side of a comparison",
      () => ["diff", kernel],
      () =>
        "core-gen: Name two files with types: core-gen btf diff 6.1.btf 6.12.btf, for example.\n  core-gen --help shows all commands and options.\n",
    ],
    [
      "a format that there is not",
      () => ["dump", kernel, "--format", "xml"],
      () =>
        'core-gen: Invalid values:\n  Argument: format, Given: "xml", Choices: "raw", "json", "c", "ts"\n  core-gen --help shows all commands and options.\n',
    ],
    [
      "--unsorted without C",
      () => ["dump", kernel, "--unsorted"],
      () =>
        "core-gen: --unsorted is for --format c: the others are in the order of ids.\n  core-gen --help shows all commands and options.\n",
    ],
    [
      "a base given twice",
      () => ["dump", module, "--base", kernel, "--base", newer],
      () => "core-gen: --base is given more than once\n  core-gen --help shows all commands and options.\n",
    ],
    [
      "a file that is not there",
      () => ["dump", "/no/such.btf"],
      () => "core-gen: reading /no/such.btf: no such file or directory\n",
    ],
    [
      "a module that is not loaded",
      () => ["dump", "no-such-module"],
      () =>
        "core-gen: reading the types of no-such-module: there is no such file, and no such module is loaded\n" +
        "  A module's types are in its file, too: core-gen btf dump no-such-module.ko --base vmlinux\n" +
        "  ls /sys/kernel/btf shows the loaded modules that have types.\n",
    ],
    [
      "a module's types without their base",
      () => ["dump", module],
      () =>
        "core-gen: module: type [2] has a name at offset 69 of the strings, there are 16 bytes\n" +
        "  The types of a kernel module continue those of its kernel: name them with --base.\n",
    ],
    [
      "a root that is not there",
      () => ["dump", kernel, "--root", "task_strukt"],
      () =>
        "core-gen: looking for task_strukt: no type of 1.0 has this name\n" +
        "  core-gen btf find '*task_stru*' shows the names that are like it.\n",
    ],
    [
      "an id that is not there",
      () => ["show", "6", kernel],
      () => "core-gen: looking for type 6: 1.0 has types 1 to 5\n",
    ],
    [
      "a type that neither kernel has",
      () => ["diff", kernel, newer, "--type", "sk_buff"],
      () =>
        "core-gen: looking for sk_buff: no type of 2.0 has this name\n" +
        "  core-gen btf find '*sk_bu*' shows the names that are like it.\n",
    ],
    [
      "no struct to write an interface of",
      () => ["dump", kernel, "--format", "ts", "--root", "int"],
      () => "core-gen: writing the interfaces of 1.0: there is no struct, union or enum among its types\n",
    ],
  ])("%s: one clear message", (_what, args, message) => {
    expect(btf(...args())).toEqual({ status: 1, stdout: "", stderr: message() });
  });

  it("damaged types: says where, and prints none of them", () => {
    const bytes = Uint8Array.from(everyKind(true).build());
    // The pointer, type 2, is behind the header and the int.
    new DataView(bytes.buffer).setUint32(24 + 16 + 8, 99, true);
    const damaged = join(folder, "damaged.btf");
    writeFileSync(damaged, bytes);
    const { status, stdout, stderr } = btf("dump", damaged);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^core-gen: damaged: type \[2\] refers to type \[99\], the last one is \[19\]\n/u);
    expect(readFileSync(damaged)).toHaveLength(bytes.length);
  });
});
