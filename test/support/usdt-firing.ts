import assert from "node:assert/strict";

import { usdt, type Usdt } from "../objects/usdt.skel.ts";
import { UsdtTarget } from "./usdt-target.ts";

/**
 * Sees the probes of test/support/usdt-target.c fire: all arguments are what the program says, with the cookie, in this
 * process alone, until the link is detached; and the semaphore counts the links.
 */
export async function seeProbesFire(path: string): Promise<void> {
  await using target = await UsdtTarget.start(path);
  await using other = await UsdtTarget.start(path);
  using skel = usdt.load();
  for (const name of ["many", "twice", "none"]) {
    skel.bss.count = 0;
    const cookie = BigInt(name.length) << 40n;
    const link = skel.progs.see.attachUsdt({ binary: path, provider: "coregen", name, pid: target.pid, cookie });
    const { fired, semaphores } = await target.fire();
    await other.fire();
    assert.deepEqual(
      firings(skel),
      (fired.get(name) ?? []).map((args) => ({ pid: target.pid, cookie, args })),
    );
    assert.deepEqual(semaphores, [name === "many" ? 1 : 0, name === "none" ? 1 : 0]);
    link.detach();
    skel.bss.count = 0;
    const after = await target.fire();
    assert.equal(skel.bss.count, 0);
    assert.deepEqual(after.semaphores, [0, 0]);
  }
}

/** What the program has seen. */
export function firings(skel: Usdt): { pid: number; cookie: bigint; args: bigint[] }[] {
  return Array.from({ length: skel.bss.count }, (_, index) => {
    const { pid, arg_cnt, cookie, args } = skel.maps.firings.get(index);
    return { pid, cookie, args: args.slice(0, arg_cnt) };
  });
}
