import assert from "node:assert/strict";

import { KernelError } from "../../src/runtime/errors.ts";
import { kernelBtf } from "../../src/runtime/kernel/btf.ts";
import { openModuleTypes } from "../../src/runtime/kernel/btf-ids.ts";
import { readModules } from "../../src/runtime/kernel/module-btf.ts";
import { kernelIsAtLeast } from "../../src/runtime/kernel/release.ts";
import { congestion } from "../golden/congestion.skel.ts";
import { congestionControls, sendThrough } from "../support/tcp-congestion.ts";
import { check } from "./check.ts";

const SIZE = 300_000;

/**
 * A congestion control of TCP: registered, seen by the kernel, used by a connection, and gone; and what a kernel says that
 * has no links for it (before Linux 6.4).
 */
export async function checkStructOps(): Promise<void> {
  await check("a congestion control of .struct_ops is registered, runs, and is gone", registeredByMap);
  await check("the types of every module have a descriptor, as structs in modules need it", () => {
    for (const { name } of readModules(kernelBtf())) openModuleTypes(name).close();
  });
  const hasLinks = kernelIsAtLeast([6, 4]);
  if (hasLinks)
    await check("a congestion control of .struct_ops.link is registered, updated, and gone", registeredByLink);
  else await check("a kernel without links for struct_ops is named as the reason", refusedLink);
}

export async function registeredByMap(): Promise<void> {
  using skel = congestion.load({
    maps: { by_link: { autocreate: false } },
    structOps: { by_map: { name: "cg_set", pkts_acked: "count_samples" } },
  });
  assert.deepEqual(ours(), []);
  skel.attach();
  assert.deepEqual(ours(), ["cg_set"]);
  await sendThrough("cg_set", SIZE);
  skel.detach();
  assert.deepEqual(ours(), []);
  const { connections, acks, samples } = skel.bss;
  assert.deepEqual([connections, acks > 0n, samples > 0n], [1n, true, true]);
}

export async function registeredByLink(): Promise<void> {
  using skel = congestion.load({ maps: { by_map: { autocreate: false }, for_update: { autocreate: true } } });
  const link = skel.maps.by_link.attach();
  assert.deepEqual(ours(), ["cg_link"]);
  await sendThrough("cg_link", SIZE);
  assert.deepEqual([skel.bss.connections, skel.bss.connections_after_update], [1n, 0n]);
  link.update(skel.maps.for_update);
  assert.deepEqual(ours(), ["cg_link"]);
  await sendThrough("cg_link", SIZE);
  link.detach();
  assert.deepEqual(ours(), []);
  const { connections, connections_after_update: after, acks } = skel.bss;
  assert.deepEqual([connections, after, acks > 0n], [1n, 1n, true]);
}

function refusedLink(): void {
  assert.throws(
    () => congestion.load(),
    (error) =>
      error instanceof KernelError && error.errnoName === "EINVAL" && error.message.includes("came with Linux 6.4"),
  );
}

function ours(): string[] {
  return congestionControls().filter((name) => name.startsWith("cg_"));
}
