import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { describeId, ID_KINDS, type IdKind, isOfKernel, listIds } from "./bpf-ids.ts";

/**
 * What this process and the kernel hold at one moment: open descriptors, memory mapped from BPF objects and perf events,
 * the ids of all programs, maps, BTFs and links, and pins.
 */
export interface Holdings {
  /** As text that names each: "fd 23 anon_inode:bpf-map", "pin /sys/fs/bpf/counts". */
  readonly local: ReadonlySet<string>;
  readonly ids: Readonly<Record<IdKind, ReadonlySet<number>>>;
}

/** Takes stock; compare with {@link leftovers}. Needs root. */
export function takeStock(): Holdings {
  return {
    local: new Set([...descriptors(), ...mappings(), ...pins("/sys/fs/bpf")]),
    ids: { prog: ids("prog"), map: ids("map"), btf: new Set(btfOfObjects()), link: ids("link") },
  };
}

/**
 * What is there now and was not there `before`, one line each; empty when nothing was left behind.
 *
 * The kernel frees programs and maps a moment after their last descriptor is closed (RCU), so this waits up to two
 * seconds for them to go. Until then nothing is opened to ask for its name: a program array that is opened and closed
 * again while the kernel is about to empty it stays for good (Linux 6.18, `prog_array_map_clear` counts itself twice).
 */
export async function leftovers(before: Holdings): Promise<string[]> {
  const deadline = Date.now() + 2000;
  for (;;) {
    const { local, held } = compare(before, takeStock());
    if (local.length + held.length === 0) return [];
    if (Date.now() > deadline) return [...local, ...held.map(({ kind, id }) => describeId(kind, id))];
    await sleep(20);
  }
}

function compare(
  before: Holdings,
  now: Holdings,
): { readonly local: readonly string[]; readonly held: readonly Held[] } {
  const held = ID_KINDS.flatMap((kind) =>
    [...now.ids[kind]].filter((id) => !before.ids[kind].has(id)).map((id) => ({ kind, id })),
  );
  return { local: [...now.local].filter((item) => !before.local.has(item)), held: withoutOthers(held) };
}

type Held = Readonly<{ kind: IdKind; id: number }>;

/**
 * Drops what another process holds open: on a developer's machine others may use BPF too. A BTF's descriptor is closed
 * as soon as its programs are loaded, so there its owner can't be told and BTFs are not judged. Where a kernel is
 * required (CI), nobody else is there and everything counts.
 */
function withoutOthers(left: readonly Held[]): readonly Held[] {
  if (left.length === 0 || process.env["CORE_GEN_REQUIRE_KERNEL"] === "1") return left;
  const held = heldByOthers();
  return left.filter(({ kind, id }) => kind !== "btf" && !held.has(`${kind} ${id}`));
}

function heldByOthers(): Set<string> {
  const held = new Set<string>();
  for (const pid of list("/proc")) {
    if (!/^\d+$/.test(pid) || isOurs(pid)) continue;
    for (const fd of list(`/proc/${pid}/fdinfo`)) {
      const info = read(`/proc/${pid}/fdinfo/${fd}`);
      for (const [, kind, id] of info.matchAll(/^(prog|map|link)_id:\t(\d+)$/gm)) held.add(`${kind!} ${id!}`);
    }
  }
  return held;
}

/** Whether `pid` is this process or one that it started. */
function isOurs(pid: string): boolean {
  for (let next = pid; next !== "" && next !== "0"; next = parentOf(next)) {
    if (next === String(process.pid)) return true;
  }
  return false;
}

function parentOf(pid: string): string {
  return /^PPid:\t(\d+)$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? "";
}

/** Pipes and sockets come and go with child processes and with the test runner's own talk; all others count. */
function descriptors(): string[] {
  return list("/proc/self/fd").flatMap((fd) => {
    const target = readLink(`/proc/self/fd/${fd}`);
    const passing = target === undefined || /^(pipe|socket):|^\/proc\/\d+\/fd$/.test(target);
    return passing ? [] : [`fd ${fd} ${target}`];
  });
}

function mappings(): string[] {
  return read("/proc/self/maps")
    .split("\n")
    .filter((line) => /anon_inode:.*(bpf|perf_event)/.test(line))
    .map((line) => `mapping ${line}`);
}

function pins(folder: string): string[] {
  return list(folder).flatMap((name) => [`pin ${folder}/${name}`, ...pins(`${folder}/${name}`)]);
}

/** Without that of modules, which a test may have had loaded. */
function btfOfObjects(): number[] {
  return listIds("btf").filter((id) => !isOfKernel(id));
}

function ids(kind: IdKind): ReadonlySet<number> {
  return new Set(listIds(kind));
}

// Processes and descriptors vanish while they are listed: what is gone is empty.
function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
