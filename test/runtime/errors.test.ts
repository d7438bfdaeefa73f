import { describe, expect, it } from "vitest";
import { isCoreGenError } from "../../src/errors.ts";
import { KernelError, VerifierError } from "../../src/runtime/errors.ts";

describe("KernelError", () => {
  it("says what was being done, which call failed, how, and what that means", () => {
    const error = new KernelError({
      doing: 'creating map "events"',
      syscall: "bpf",
      command: "BPF_MAP_CREATE",
      errno: 22,
    });
    expect(error.message).toBe('creating map "events": bpf(BPF_MAP_CREATE) failed with EINVAL: invalid argument');
    expect(error).toMatchObject({
      name: "KernelError",
      code: "kernel",
      syscall: "bpf",
      errno: 22,
      errnoName: "EINVAL",
    });
    expect(isCoreGenError(error)).toBe(true);
  });

  it("prefers what the number means for this call", () => {
    const error = new KernelError({
      doing: "mapping x",
      syscall: "mmap",
      errno: 19,
      meaning: "this kernel can't map it",
    });
    expect(error.message).toBe("mapping x: mmap failed with ENODEV: this kernel can't map it");
    expect(error.command).toBeUndefined();
  });

  it.each([
    [1, "permission"],
    [13, "permission"],
    [2, "kernel"],
  ])("has for errno %i the code %s", (errno, code) => {
    expect(new KernelError({ doing: "x", syscall: "bpf", errno }).code).toBe(code);
  });
});

describe("VerifierError", () => {
  it("keeps the whole log as lines, and is a KernelError", () => {
    const log = ["0: (95) exit", "R0 !read_ok"];
    const error = new VerifierError({
      doing: 'loading program "p"',
      syscall: "bpf",
      command: "BPF_PROG_LOAD",
      errno: 13,
      meaning: "the verifier says: R0 !read_ok",
      program: "p",
      log,
      lines: log.map((text) => ({ text, insn: undefined, source: undefined })),
      truncated: false,
      hints: ["one"],
    });
    expect(error).toBeInstanceOf(KernelError);
    expect(error).toMatchObject({
      name: "VerifierError",
      code: "verifier",
      program: "p",
      log,
      hints: ["one"],
      truncated: false,
    });
    expect(error.message).toBe(
      'loading program "p": bpf(BPF_PROG_LOAD) failed with EACCES: the verifier says: R0 !read_ok',
    );
  });
});
