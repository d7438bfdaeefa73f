import assert from "node:assert/strict";
import { release } from "node:os";

import koffi from "koffi";

import { bpfRefusal } from "../support/bpf-ids.ts";
import { check } from "./check.ts";

/** What every suite stands on. It prints, so that descriptors which Node opens with its first output are there from now on. */
export async function checkMachine(): Promise<void> {
  await check("the kernel is the one that was asked for", () => {
    const asked = process.env["RUN_IN_KERNEL"];
    if (asked !== undefined) assert.equal(release(), asked);
  });

  await check("koffi calls libc", () => {
    const getpid = koffi.load(null).func("int getpid()") as () => number;
    assert.equal(getpid(), process.pid);
  });

  await check("bpf() is open to root", () => {
    assert.equal(bpfRefusal(), undefined);
  });
}
