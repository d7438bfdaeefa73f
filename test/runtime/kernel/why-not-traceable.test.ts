import { describe, expect, it } from "vitest";

import { whyNotTraceable } from "../../../src/runtime/kernel/why-not-traceable.ts";

describe("whyNotTraceable", () => {
  it.each(["do_exit(", "tcp_[", "a+", "x|y", "\\"])("takes %j for a name, not for a pattern", (name) => {
    // Undefined where the kernel's symbols can't be read.
    expect([undefined, "this kernel has no function of that name"]).toContain(whyNotTraceable(name).reason);
  });
});
