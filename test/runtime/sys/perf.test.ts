import { describe, expect, it } from "vitest";
import { hostIsLittleEndian } from "../../../src/runtime/memory.ts";
import { encodePerfLink } from "../../../src/runtime/links/perf-event-link.ts";
import { Attr } from "../../../src/runtime/sys/bpf.ts";
import { syscallNumbers } from "../../../src/runtime/sys/arch.ts";
import { encodePerfEventAttr, PERF_SAMPLE_RAW } from "../../../src/runtime/sys/perf.ts";

const hex = ({ bytes }: Attr): string => Buffer.from(bytes).toString("hex");

// The bytes are what a C program with linux/perf_event.h and linux/bpf.h has in memory (gcc, x86-64).
describe.runIf(hostIsLittleEndian)("system call arguments", () => {
  it("of a tracepoint's event", () => {
    expect(hex(encodePerfEventAttr({ type: 2, config: 862 }))).toBe(
      `02000000480000005e03000000000000${"00".repeat(56)}`,
    );
  });

  it("of a perf buffer's event, woken up for every sample", () => {
    const event = { type: 1, config: 10, samplePeriod: 1, sampleType: PERF_SAMPLE_RAW, wakeupEvents: 1 };
    expect(hex(encodePerfEventAttr(event))).toBe(
      "01000000480000000a00000000000000010000000000000000040000000000000000000000000000000000000000000001" +
        "0000000000000000000000000000000000000000000000",
    );
  });

  it("of a perf buffer's event, woken up for every 512 bytes", () => {
    const event = { type: 1, config: 10, samplePeriod: 1, sampleType: PERF_SAMPLE_RAW, wakeupWatermark: 512 };
    expect(hex(encodePerfEventAttr(event))).toBe(
      "01000000480000000a00000000000000010000000000000000040000000000000000000000000000004000000000000000" +
        "0200000000000000000000000000000000000000000000",
    );
  });

  it("of a probe's event, with its offset in a file", () => {
    expect(hex(encodePerfEventAttr({ type: 6, config: 1, probeOffset: 0x12_3456_789an }))).toBe(
      "06000000480000000100000000000000000000000000000000000000000000000000000000000000000000000000000000" +
        "0000000000000000000000000000009a78563412000000",
    );
  });

  it("of a perf link", () => {
    expect(hex(encodePerfLink(7, 9))).toBe("07000000090000002900000000000000" + "00".repeat(8));
  });

  it("of an object's name, cut to 15 characters", () => {
    expect(hex(new Attr(16).name(0, "a_rather_long_name"))).toBe(`${Buffer.from("a_rather_long_n").toString("hex")}00`);
  });
});

describe("syscallNumbers", () => {
  it.each([
    ["x64", 321, 298],
    ["arm64", 280, 241],
    ["s390x", 351, 331],
  ])("%s", (arch, bpf, perfEventOpen) => {
    expect(syscallNumbers(arch)).toEqual({ bpf, perfEventOpen });
  });

  it("says which architectures are known", () => {
    expect(() => syscallNumbers("mips")).toThrow("the system call numbers of the architecture mips are not known");
  });
});
