import { describe, expect, it } from "vitest";
import { explainPoison, findComplaint, linesOf } from "../../../src/runtime/load/verifier-log.ts";

// What Linux 6.18 says about examples/execsnoop with bpf_ringbuf_submit in the place of bpf_ringbuf_reserve.
const wrongArgument = `0: R1=ctx() R10=fp0
; e = bpf_ringbuf_reserve(&events, sizeof(*e), 0); @ execsnoop.bpf.c:23
0: (18) r1 = 0xffff8881012d8000       ; R1=map_ptr(map=events,ks=0,vs=0)
2: (b7) r2 = 280                      ; R2=280
4: (b7) r3 = 0                        ; R3=0
5: (85) call bpf_ringbuf_submit#132
R1 type=map_ptr expected=ringbuf_mem
processed 5 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0`.split("\n");

const poisoned = (immediate: number): string[] => [
  "; task = (struct task_struct *)bpf_get_current_task(); @ execsnoop.bpf.c:28",
  "8: (85) call bpf_get_current_task#35          ; R0=scalar()",
  `10: (85) call unknown#${immediate}`,
  `invalid func unknown#${immediate}`,
  "processed 10 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 0",
];

const names = {
  relocation: (insn: number) => (insn === 10 ? "<byte_off> task_struct.nope" : undefined),
  map: (index: number) => (index === 3 ? "counts" : undefined),
  extern: (index: number) => (index === 5 ? "bpf_ct_release" : undefined),
};

describe("findComplaint", () => {
  it("finds the reason, the instruction and the line of C before the statistics", () => {
    expect(findComplaint(wrongArgument)).toEqual({
      reason: "R1 type=map_ptr expected=ringbuf_mem",
      slot: 5,
      insn: "5: (85) call bpf_ringbuf_submit#132",
      source: "e = bpf_ringbuf_reserve(&events, sizeof(*e), 0); @ execsnoop.bpf.c:23",
    });
  });

  it("leaves out what a log does not have", () => {
    expect(findComplaint(["func_info[0] is wrong"])).toEqual({ reason: "func_info[0] is wrong" });
  });

  it.each([[[]], [["", " "]], [["processed 0 insns (limit 1000000) max_states_per_insn 0"]]])(
    "finds none in %j",
    (log) => {
      expect(findComplaint(log)).toBeUndefined();
    },
  );
});

describe("explainPoison", () => {
  // The words are libbpf's (fixup_log_failed_core_relo, fixup_log_missing_map_load).
  it("names the relocation that could not be made", () => {
    expect(explainPoison(poisoned(195896080), names).slice(2, 4)).toEqual([
      "10: <invalid CO-RE relocation>",
      "failed to resolve CO-RE relocation <byte_off> task_struct.nope",
    ]);
  });

  it("names the map that was not created", () => {
    expect(explainPoison(poisoned(2001000003), names).slice(2, 4)).toEqual([
      "10: <invalid BPF map reference>",
      "BPF map 'counts' is referenced but wasn't created",
    ]);
  });

  it("names the kfunc that was not found", () => {
    expect(explainPoison(poisoned(2002000005), names).slice(2, 4)).toEqual([
      "10: <invalid kfunc call>",
      "kfunc 'bpf_ct_release' is referenced but wasn't resolved",
    ]);
  });

  it.each([9999, 2001000004, 2002000000])("leaves other calls alone: %i", (immediate) => {
    expect(explainPoison(poisoned(immediate), names)).toEqual(poisoned(immediate));
  });

  it("looks at the last ten lines", () => {
    const log = [...poisoned(195896080), ...Array<string>(10).fill("")];
    expect(explainPoison(log, names)).toEqual(log);
  });

  it.each([[[]], [["one line"]], [wrongArgument]])("takes any log: %j", (log) => {
    expect(explainPoison(log, names)).toEqual(log);
  });
});

describe("linesOf", () => {
  it("ends at the first NUL", () => {
    expect(linesOf(new TextEncoder().encode("a\nb\n\0rest"))).toEqual(["a", "b"]);
  });

  it("takes a buffer that is full", () => {
    expect(linesOf(new TextEncoder().encode("a\nb"))).toEqual(["a", "b"]);
  });

  it("has no lines of an empty buffer", () => {
    expect(linesOf(new Uint8Array(4))).toEqual([]);
  });
});
