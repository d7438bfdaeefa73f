import type { CgroupMode } from "../../../src/runtime/links/cgroup-attachment.ts";
import {
  cgroupHookNames,
  cgroupHooks,
  lackingCgroupHook,
  loadCgroupHook,
  seeCgroupHookFiring,
  type CgroupHookName,
} from "../../kernel/cgroup-hooks.ts";
import { makeCgroup } from "../../support/own-cgroup.ts";
import { check } from "../check.ts";
import { checkHook, refusedHere } from "./check-hook.ts";

const CYCLES = 20;

/** One of each type of program: without a link, and in cycles, the kernel makes no other difference. */
const onePerType: readonly CgroupHookName[] = [
  "ingress",
  "sock_create",
  "connect4",
  "sysctl",
  "setsockopt",
  "dev",
  "sockops",
  "lsm_cgroup",
];

/** Programs of cgroups: those that are run for what the processes of a cgroup do. */
export async function checkCgroups(): Promise<void> {
  const usable: CgroupHookName[] = [];
  for (const name of cgroupHookNames) {
    const lacking = lackingCgroupHook(name) ?? refusedHere(() => loadCgroupHook(name).skel.close());
    if (lacking === undefined) usable.push(name);
    await checkHook(cgroupHooks[name].section, lacking, () => seeCgroupHookFiring(name));
  }
  const usableTypes = onePerType.filter((name) => usable.includes(name));
  await checkHook("hooks of a cgroup, without a link", undefined, () => {
    for (const name of usableTypes) seeCgroupHookFiring(name, "multi");
  });
  await check("a cgroup's programs are gone after many cycles of attaching", () => {
    for (const name of usableTypes) cycle(name);
  });
}

function cycle(name: CgroupHookName): void {
  using cgroup = makeCgroup();
  using loaded = loadCgroupHook(name);
  const ways: readonly (CgroupMode | undefined)[] = [undefined, "multi"];
  for (let i = 0; i < CYCLES; i++)
    for (const legacy of ways) loaded.skel.progs[name].attachCgroup({ cgroup: cgroup.path, legacy }).detach();
}
