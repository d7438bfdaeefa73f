import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { expect, it } from "vitest";

import { acceptedByBpftool, corpusObjects, describeWithReferee, referee, selftestCases } from "./referee.ts";

const execsnoop = join(import.meta.dirname, "../../examples/execsnoop/execsnoop.bpf.o");

// The judge is judged first: what it says is compared with what other tools say about the same bytes.
describeWithReferee("the referee", {}, () => {
  it("reports a program whose code needs no relocation as it is in the object", () => {
    const section = "tracepoint/syscalls/sys_enter_execve";
    const dump = execFileSync("llvm-objcopy-19", ["-O", "binary", `--only-section=${section}`, execsnoop, "-"]);
    const result = referee(execsnoop, { info: true });
    expect(result.end).toEqual({ status: "ok" });
    const [program] = result.programs;
    expect(program).toMatchObject({ name: "handle_execve", section, type: 5, funcInfoCount: 1 });
    expect(program!.funcInfo).toHaveLength(program!.funcInfoCount);
    expect(program!.lineInfo).toHaveLength(program!.lineInfoCount);
    expect(program!.code).toHaveLength(dump.length);
    expect([...program!.mapAt]).toEqual([[1, 0]]);
  });

  it("reports maps with their attributes", () => {
    expect(referee(execsnoop).maps).toMatchObject([
      { name: "events", type: 27, maxEntries: 262144, kernelName: "events" },
    ]);
  });

  it("reports what libbpf refuses, and libbpf's reason", () => {
    const result = referee(import.meta.filename);
    expect(result.end).toMatchObject({ status: "open-error" });
    expect(result.warnings.join("\n")).toContain("libbpf:");
  });
});

describeWithReferee("the corpus of objects", { corpus: ["objects"], bpftool: true }, () => {
  it("is read without a line that is not understood", () => {
    const ends = corpusObjects().map((path) => referee(path).end.status);
    expect(ends.filter((status) => status === "ok").length).toBeGreaterThan(80);
  });

  it("has 118 objects of which bpftool makes a skeleton", () => {
    expect(acceptedByBpftool()).toHaveLength(118);
  });
});

// What libbpf makes of a relocation that can't be done: a call of helper 0xbad2310, which only the verifier refuses.
const POISON = "850000001023ad0b";

describeWithReferee("the kernel's core_reloc cases", { corpus: ["selftests"] }, () => {
  // A case without a target is about the running kernel and its test module.
  const cases = selftestCases().flatMap(({ target, ...rest }) => (target === undefined ? [] : [{ target, ...rest }]));

  it.each(cases.filter(({ expected }) => expected === "ok"))("$category $name relocates", ({ object, target }) => {
    expect(referee(object, { btf: target }).end).toEqual({ status: "ok" });
  });

  it.each(cases.filter(({ expected }) => expected === "fail"))("$category $name does not", ({ object, target }) => {
    const { end, programs } = referee(object, { btf: target });
    const poisoned = programs.some(({ code }) => Buffer.from(code).toString("hex").includes(POISON));
    expect(end.status === "load-error" || poisoned).toBe(true);
  });
});
