import { expect, it } from "vitest";

import { attachLirc } from "../../src/runtime/links/lirc.ts";
import { openDescriptors } from "../../src/runtime/sys/fd.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { thrownBy } from "../support/thrown.ts";
import { loadCounting } from "./counting.ts";

/** Kernels in data centres have no infrared receivers, so any program has to do: what is refused is refused in the same way. */
describeWithKernel("a receiver that can't be", {}, () => {
  it.each([
    ["/dev/no-such-lirc", /: opening it failed: there is no such device$/u],
    ["/dev/null", / failed with EINVAL: that is not the device of a receiver that gives raw signals, or /u],
  ])("%s", (device, message) => {
    using counting = loadCounting("tp/syscalls/sys_enter_openat");
    const open = openDescriptors().length;
    const error = thrownBy(() => attachLirc(counting.program, { device }));
    expect(error.message).toMatch(new RegExp(`^attaching program "handle_openat" at infrared receiver ${device}`, "u"));
    expect(error.message).toMatch(message);
    expect(openDescriptors()).toHaveLength(open);
  });
});
