/*
 * The container's side of token.test.ts: runs in a user namespace of its own. Makes a BPF file system, says which
 * descriptor that is, waits until the host has delegated bpf() to it, and loads with what it was given.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";

import { isCoreGenError } from "../../src/errors.ts";
import { openObject } from "../../src/object/open.ts";
import { loadObject } from "../../src/runtime/load/load.ts";
import type { LogEvent, OnLog } from "../../src/runtime/load/log-events.ts";
import { SYS_FSMOUNT, SYS_FSOPEN } from "../../src/runtime/sys/arch.ts";
import { withAddress } from "../../src/runtime/sys/bpf.ts";
import { libc } from "../../src/runtime/sys/libc.ts";
import { pinned } from "../objects/pinned.skel.ts";

const context = withAddress(Buffer.from("bpf\0"), (name) => libc().syscall(SYS_FSOPEN, name, 0, 0));
console.log(JSON.stringify({ context }));
await once(process.stdin, "data");
const mount = libc().syscall(SYS_FSMOUNT, context, 0, 0);
const bpffs = `/proc/self/fd/${mount}`;

console.log(
  JSON.stringify({
    mount,
    without: load(""),
    with: load(bpffs),
    again: load(bpffs),
    probed: [probedWith(""), probedWith(bpffs)],
    structOps: [loadObjectOf("struct-ops.stripped", ""), loadObjectOf("struct-ops.stripped", bpffs)],
  }),
);
process.exit(0);

/** Whether the kernel was found to know the tag of arguments that the object has, which takes the loading of a program. */
function probedWith(tokenPath: string): boolean | undefined {
  let answer: boolean | undefined;
  const onLog = (event: LogEvent): void => {
    if (event.kind === "feature-probed" && event.feature === "arg-ctx-tag") answer = event.supported;
  };
  loadObjectOf("arg-ctx", tokenPath, onLog);
  return answer;
}

function loadObjectOf(name: string, tokenPath: string, onLog?: OnLog): string {
  const object = openObject(readFileSync(`test/objects/${name}.bpf.o`), { what: name });
  try {
    loadObject(object, { autoload: new Map(), maps: new Map(), contents: new Map(), tokenPath, onLog }).close();
    return "loaded";
  } catch (error) {
    return isCoreGenError(error) ? error.message : String(error);
  }
}

function load(tokenPath: string): unknown {
  try {
    const skel = pinned.load({ tokenPath, pinRoot: bpffs });
    skel.maps.shared.set(7, (skel.maps.shared.get(7) ?? 0n) + 1n);
    return `loaded, ${skel.warnings.length} warnings, shared[7] is ${skel.maps.shared.get(7)}`;
  } catch (error) {
    return isCoreGenError(error) ? error.message : String(error);
  }
}
