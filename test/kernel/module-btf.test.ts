import { join } from "node:path";
import { expect, it } from "vitest";
import { describeWithKernel } from "../support/kernel.ts";
import { runWithoutKernelTypes } from "../support/without-kernel-types.ts";

const root = join(import.meta.dirname, "../..");

describeWithKernel("types of modules", {}, () => {
  it("are read without those that are damaged, which a warning names", () => {
    const script = `
      const { writeFileSync } = await import("node:fs");
      const { BtfBuilder } = await import("./test/support/btf-builder.ts");
      const { Btf } = await import("./src/btf/btf.ts");
      const { readModules } = await import("./src/runtime/kernel/module-btf.ts");
      const whole = new BtfBuilder();
      whole.int("int", 4, { encoding: 1 });
      const base = Btf.parse(whole.build());
      writeFileSync("/sys/kernel/btf/vmlinux", base.bytes);
      writeFileSync("/sys/kernel/btf/good", base.bytes);
      writeFileSync("/sys/kernel/btf/sha1_ssse3", base.bytes.subarray(0, 20));
      process.on("warning", ({ message }) => console.log(message));
      console.log(readModules(base).map(({ name }) => name).join());`;
    const node = [process.execPath, "--no-warnings", "--import", "tsx", "--input-type=module", "-e", script];
    expect(runWithoutKernelTypes(node, { cwd: root }).split("\n")).toEqual([
      "good",
      "core-gen leaves out the types of a kernel module: /sys/kernel/btf/sha1_ssse3: 20 bytes are too few for a BTF header (24)",
      "",
    ]);
  });
});
