import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";

import { u32, u64, bool } from "../../src/runtime/codecs.ts";
import type { Program } from "../../src/runtime/programs/program.ts";
import type { Skeleton } from "../../src/runtime/shape.ts";
import { defineSkeleton } from "../../src/runtime/skeleton.ts";
import { check } from "./check.ts";

const VMLINUX = "/sys/kernel/btf/vmlinux";
const VETH = "/sys/kernel/btf/veth";

interface ModulesShape {
  maps: Record<string, never>;
  progs: { measure: Program };
  globals: { bss: { has_veth_priv: boolean; veth_priv_size: number; xdp_prog_offset: number; runs: bigint } };
}

const modules: Skeleton<ModulesShape> = defineSkeleton({
  format: 1,
  name: "modules",
  object: () => readFileSync("test/objects/modules.bpf.o"),
  maps: {},
  progs: ["measure"],
  globals: {
    bss: {
      section: ".bss",
      size: 24,
      fields: { has_veth_priv: [0, bool], veth_priv_size: [4, u32], xdp_prog_offset: [8, u32], runs: [16, u64] },
    },
  },
});

/**
 * A type that Debian's kernels have in a module: absent before the module is loaded, then found; on 5.10 never, whose
 * modules have no types. Other kernels may have it built in. bpftool says each time what there is.
 */
export async function checkModules(): Promise<void> {
  await check("a module's type is as bpftool says before the module is there", answersAsBpftool);
  await check("a module's type is as bpftool says when the module is there", () => {
    execFileSync("modprobe", ["veth"]);
    const asked = process.env["RUN_IN_KERNEL"];
    if (asked !== undefined) assert.equal(existsSync(VETH), !asked.startsWith("5.10."));
    answersAsBpftool();
  });
}

function answersAsBpftool(): void {
  const { has_veth_priv, veth_priv_size, xdp_prog_offset } = measure();
  assert.deepEqual({ has_veth_priv, veth_priv_size, xdp_prog_offset }, vethAsBpftoolSees());
}

function vethAsBpftoolSees(): Omit<ModulesShape["globals"]["bss"], "runs"> {
  const args = existsSync(VETH) ? ["-B", VMLINUX, "btf", "dump", "file", VETH] : ["btf", "dump", "file", VMLINUX];
  const dump = execFileSync("bpftool", args, { encoding: "utf8", maxBuffer: 1 << 28 });
  const found = /STRUCT 'veth_priv' size=(\d+) vlen=\d+\n((?:\t.*\n)*)/u.exec(dump);
  const [, size = 0, members = ""] = found ?? [];
  const [, bits = 0] = /'_xdp_prog' type_id=\d+ bits_offset=(\d+)/u.exec(members) ?? [];
  return { has_veth_priv: found !== null, veth_priv_size: Number(size), xdp_prog_offset: Number(bits) / 8 };
}

function measure(): ModulesShape["globals"]["bss"] {
  using skel = modules.load();
  skel.attach();
  closeSync(openSync("/proc/self/stat", "r"));
  skel.detach();
  assert.ok(skel.bss.runs > 0n);
  return { ...skel.bss };
}
