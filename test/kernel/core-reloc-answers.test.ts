import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { isCoreGenError } from "../../src/errors.ts";
import { openObject } from "../../src/object/open.ts";
import { attachProgram } from "../../src/runtime/links/attach.ts";
import { loadObject } from "../../src/runtime/load/load.ts";
import { mapLookup } from "../../src/runtime/sys/map-ops.ts";
import { describeWithReferee, selftestCases, type SelftestCase } from "../referee/referee.ts";
import { describeWithKernel } from "../support/kernel.ts";

/*
 * The kernel's core_reloc cases by what they do: their programs run here, as prog_tests/core_reloc.c runs them, and must
 * put out what its C initialisers say (test/referee/core_reloc_answers.c).
 */

/** `struct data { char in[256]; char out[256]; bool skip; uint64_t my_pid_tgid; }`, the last two not in every program. */
const OUT = 256;
const SKIP = 512;
const MY_PID_TGID = 520;
const COMM = "/proc/self/comm";

describeWithReferee("the kernel's core_reloc cases, run", { corpus: ["selftests"] }, () => {
  describeWithKernel("on this kernel", {}, () => {
    const cases = selftestCases();
    let comm = "";
    beforeEach(() => {
      comm = readFileSync(COMM, "utf8");
      // The name that the case "kernel" expects to find in its task_struct.
      writeFileSync(COMM, "test_progs");
    });
    afterEach(() => {
      writeFileSync(COMM, comm.trimEnd());
    });

    it("are 75, with answers for the 53 that must load", () => {
      expect(cases).toHaveLength(75);
      expect([...answers(cases).values()].filter(({ output }) => output.length > 0)).toHaveLength(53);
    });

    it.each(cases.filter(({ expected }) => expected === "ok"))("$category $name puts out what C says", (selftest) => {
      const { input, output } = answers(cases).get(selftest.name)!;
      expect(output.length).toBeGreaterThan(0);
      expect(hex(run(selftest, input).subarray(0, output.length))).toBe(hex(output));
    });

    it.each(cases.filter(({ expected }) => expected === "fail"))("$category $name is refused", (selftest) => {
      expect(() => run(selftest, new Uint8Array())).toThrow(
        expect.toSatisfy((error) => isCoreGenError(error) && ["relocation", "verifier"].includes(error.code)) as Error,
      );
    });
  });
});

interface Answer {
  readonly input: Uint8Array;
  readonly output: Uint8Array;
}

function answers([first]: readonly SelftestCase[]): Map<string, Answer> {
  const path = join(dirname(first!.object), "answers.tsv");
  if (!existsSync(path)) throw new Error(`${path} is missing: npm run referee:build`);
  const rows = readFileSync(path, "utf8").trimEnd().split("\n");
  return new Map(
    rows.map((row) => {
      const [name = "", input = "", output = ""] = row.split("\t");
      return [name, { input: Buffer.from(input, "hex"), output: Buffer.from(output, "hex") }];
    }),
  );
}

/** Loads the case's program for its target, lets it run once or more at system calls of this thread; its output. */
function run({ object: path, target, program: name }: SelftestCase, input: Uint8Array): Uint8Array {
  const object = openObject(readFileSync(path), { what: path });
  const bss = object.maps.find((map) => map.name === ".bss");
  const data = new Uint8Array(bss!.valueSize);
  data.set(input);
  // Where the program asks for it: the thread whose system calls count.
  if (data.length > MY_PID_TGID)
    new DataView(data.buffer).setBigUint64(MY_PID_TGID, (BigInt(process.pid) << 32n) | BigInt(process.pid), true);
  const settings = { autoload: new Map(), maps: new Map(), contents: new Map([[".bss", data]]) };
  const loaded = loadObject(object, { ...settings, btfPath: target });
  try {
    attachProgram(loaded.programs.get(name)!).close();
    const after = new Uint8Array(data.length);
    mapLookup(loaded.maps.get(".bss")!.fd, new Uint8Array(4), after);
    if (data.length > MY_PID_TGID) expect(after[SKIP], "the program was compiled without what it tests").toBe(0);
    return after.subarray(OUT);
  } finally {
    loaded.close();
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
