import assert from "node:assert/strict";

import { killWhileAttached } from "../../kernel/killed-process.ts";
import { check } from "../check.ts";
import { inVirtualMachine } from "./check-hook.ts";

/** That the kernel takes every link away when its process is killed; the suite itself is that process, once more. */
export async function checkProcessEnd(): Promise<void> {
  // Of a machine that refuses some kinds, test/kernel/killed-process.test.ts knows which.
  if (!inVirtualMachine()) return;
  await check("the kernel takes every link away when a process is killed", async () => {
    const { said, held, left } = await killWhileAttached([process.argv[1]!], "links", "SIGKILL");
    // 6.1 is built without CONFIG_FPROBE.
    const refused = Object.entries(said.refused).filter(([name]) => name !== "kprobe.multi");
    assert.deepEqual(refused, []);
    assert.ok(held.programs >= said.attached.length, `${held.programs} programs of ${said.attached.length}`);
    assert.ok(held.links > 0);
    assert.deepEqual(left, []);
  });
  await check("the kernel keeps what has no link when a process is killed, and not at SIGTERM", async () => {
    for (const [signal, kept] of [
      ["SIGKILL", 1],
      ["SIGTERM", 0],
    ] as const) {
      const { legacy } = await killWhileAttached([process.argv[1]!], "legacy", signal);
      assert.deepEqual(legacy, [
        [1, 1, 1],
        [kept, kept, kept],
      ]);
    }
  });
}
