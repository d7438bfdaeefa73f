import { describe, expect, it } from "vitest";
import { readFileSync } from "node:fs";
import { openObject } from "../../../src/object/open.ts";
import { linkProgram } from "../../../src/object/link.ts";
import { annotateLog, printExcerpt } from "../../../src/runtime/load/annotate-log.ts";
import { verifierStatistics } from "../../../src/runtime/load/verifier-statistics.ts";

const object = openObject(readFileSync("examples/execsnoop/execsnoop.bpf.o"), { what: "execsnoop.bpf.o" });
const [program] = object.programs;
if (program === undefined) throw new Error("no program");
const { lineInfo } = linkProgram(object, program, (code) => code.insns);

// What Linux 5.10 says: lines of C without file and number.
const log = `0: R1=ctx(id=0,off=0,imm=0) R10=fp0
; e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
1: (18) r1 = 0xffff8881012d8000
3: (b7) r2 = 280
4: (b7) r3 = 0
5: (85) call bpf_ringbuf_submit#132
R1 type=map_ptr expected=alloc_mem
processed 4 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0`.split("\n");

describe("annotateLog", () => {
  it("finds the line of C of each instruction in the object's line info", () => {
    const lines = annotateLog(log, lineInfo, object.btf);
    expect(lines.map(({ text }) => text)).toEqual(log);
    expect(lines.map(({ insn, source }) => [insn, source?.line])).toEqual([
      [undefined, undefined],
      [undefined, undefined],
      // llvm-objdump --line-numbers says the same of the object.
      [1, 23],
      [3, 23],
      [4, 23],
      [5, 23],
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  it("has none for an object without line info", () => {
    expect(annotateLog(log, [], object.btf).every(({ source }) => source === undefined)).toBe(true);
    expect(annotateLog(log, lineInfo, undefined).every(({ source }) => source === undefined)).toBe(true);
  });
});

describe("printExcerpt", () => {
  it("has the last instructions under their lines of C, and no counts", () => {
    expect(printExcerpt(annotateLog(log, lineInfo, object.btf), 2)).toMatch(
      /^; .*execsnoop\.bpf\.c:23: e = bpf_ringbuf_reserve\(&events, sizeof\(\*e\), 0\);\n {4}4: \(b7\) r3 = 0\n {4}5: \(85\) call bpf_ringbuf_submit#132\nR1 type=map_ptr expected=alloc_mem$/u,
    );
  });

  it("keeps the kernel's own lines of C where there are no others", () => {
    expect(printExcerpt(annotateLog(log, [], undefined), 10)).toBe(log.slice(0, -1).join("\n"));
    expect(printExcerpt(annotateLog(["func_info[0] is wrong"], [], undefined), 10)).toBe("func_info[0] is wrong");
    expect(printExcerpt([], 10)).toBe("");
  });
});

describe("verifierStatistics", () => {
  it("reads the end of a log with BPF_LOG_STATS", () => {
    const end = ["verification time 196 usec", "stack depth 16+0", log.at(-1) ?? ""];
    expect(verifierStatistics([...log.slice(0, -1), ...end])).toEqual({
      processedInsns: 4,
      insnLimit: 1000000,
      maxStatesPerInsn: 0,
      totalStates: 0,
      peakStates: 0,
      markRead: 0,
      verificationTime: 196,
      stackDepth: [16, 0],
    });
  });

  it("has neither time nor stack without it, and nothing without counts", () => {
    expect(verifierStatistics(log)).toMatchObject({ verificationTime: undefined, stackDepth: undefined });
    expect(verifierStatistics([])).toBeUndefined();
    expect(verifierStatistics(["processed by hand"])).toBeUndefined();
  });
});
