import { closeSync, openSync } from "node:fs";
import { attachTypes } from "../../../object/bpf-enums.ts";
import { CoreGenError } from "../../../errors.ts";
import type { LoadedProgram } from "../../load/types.ts";
import { Attr, BPF_LINK_CREATE, bpfOrThrow, type Meanings } from "../../sys/bpf.ts";
import { E2BIG, EBADF, EINVAL } from "../../sys/errno.ts";
import { Fd } from "../../sys/fd.ts";
import type { IterLinkInfo, LinkInfo } from "../link-info.ts";
import { IterLink } from "./iter-link.ts";

/** In which order an iterator over control groups goes: the kernel's `enum bpf_cgroup_iter_order`. */
export type CgroupOrder = "self" | "descendants-pre" | "descendants-post" | "ancestors-up" | "children";

/**
 * What an iterator goes over, where its section leaves that open: the elements of a map for `SEC("iter/bpf_map_elem")`,
 * control groups for `SEC("iter/cgroup")`, one process or thread for `SEC("iter/task")`, `task_file` and `task_vma`,
 * which go over all without it. Other iterators take nothing.
 */
export type IterOptions =
  | NoTarget
  | {
      /** A map of a skeleton, or the number of a map's descriptor. */
      readonly map: { readonly fd: number } | number;
    }
  | {
      /** A folder of cgroup v2, or the number of a descriptor of one; needs Linux 6.1. */
      readonly cgroup: string | number;
      /** "descendants-pre" when it is left out: the group, then everything below it. "children" needs Linux 7.0. */
      readonly order?: CgroupOrder | undefined;
    }
  | {
      /** A process, all of its threads; needs Linux 6.1. */
      readonly pid: number;
    }
  | {
      /** A thread; needs Linux 6.1. */
      readonly tid: number;
    }
  | {
      /** A process by the descriptor that pidfd_open() gives; needs Linux 6.1. */
      readonly pidfd: number;
    };

type NoTarget = Readonly<Partial<Record<keyof AnyTarget, undefined>>>;

/** The options of all of them together. */
interface AnyTarget {
  readonly map?: { readonly fd: number } | number | undefined;
  readonly cgroup?: string | number | undefined;
  readonly order?: CgroupOrder | undefined;
  readonly pid?: number | undefined;
  readonly tid?: number | undefined;
  readonly pidfd?: number | undefined;
}

/**
 * Attaches an iterator: the kernel runs its program for one thing after the other whenever the link is read (libbpf:
 * `bpf_program__attach_iter`).
 */
export function attachIter({ program, fd }: LoadedProgram, options: IterOptions = {}): IterLink {
  const what = `program "${program.name}" at ${program.def?.prefix ?? "iter"}/${program.def?.extra ?? ""}`;
  const target = openTarget(options, what);
  try {
    const info = target?.info;
    const attr = new Attr(info === undefined ? 12 : 28).u32(0, fd.number).u32(8, attachTypes.indexOf("trace_iter"));
    if (info !== undefined) attr.pointer(16, info.bytes).u32(24, info.bytes.length);
    const number = bpfOrThrow(BPF_LINK_CREATE, attr, `attaching ${what}`, target?.meanings ?? withoutTarget);
    const link = new IterLink(what, new Fd(number, `the link of ${what}`));
    try {
      if (target !== undefined) checkTaken(target, link.info(), what);
    } catch (error) {
      link.close();
      throw error;
    }
    return link;
  } finally {
    target?.close();
  }
}

/** What an iterator is told to go over: `union bpf_iter_link_info`, 16 bytes at most. */
interface Target {
  readonly info: Attr;
  readonly meanings: Meanings;
  /** Iterators that take it: their names in the kernel. */
  readonly takers: RegExp;
  /** As the user wrote it, for messages. */
  readonly option: string;
  close(): void;
}

function openTarget(options: AnyTarget, what: string): Target | undefined {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const known = given.filter(([name]) => name !== "order");
  if (known.length > 1)
    throw new TypeError(`attaching ${what}: one of ${known.map(([name]) => name).join(", ")} is enough`);
  if (options.map !== undefined) return mapTarget(options.map);
  if (options.cgroup !== undefined) return cgroupTarget(options.cgroup, options.order, what);
  if (options.pid !== undefined) return taskTarget("pid", 4, options.pid, what);
  if (options.tid !== undefined) return taskTarget("tid", 0, options.tid, what);
  if (options.pidfd !== undefined) return taskTarget("pidfd", 8, options.pidfd, what);
  return undefined;
}

const nothingToClose = (): void => undefined;

function mapTarget(map: { readonly fd: number } | number): Target {
  const info = new Attr(4).u32(0, typeof map === "number" ? map : map.fd);
  return { info, meanings: mapMeanings, takers: mapTakers, option: "map", close: nothingToClose };
}

const mapTakers = /^(?:bpf_map_elem|bpf_sk_storage_map|sockmap)$/u;
const mapMeanings: Meanings = new Map([
  [EBADF, "that is not the descriptor of a map"],
  [EINVAL, "the program is for another kind of map, or for larger keys or values"],
]);

const orders: readonly CgroupOrder[] = ["self", "descendants-pre", "descendants-post", "ancestors-up", "children"];

function cgroupTarget(cgroup: string | number, order: CgroupOrder = "descendants-pre", what: string): Target {
  const number = orders.indexOf(order) + 1;
  if (number === 0) throw new TypeError(`attaching ${what}: "${order}" is none of ${orders.join(", ")}`);
  const opened = typeof cgroup === "string" ? openFolder(cgroup, what) : undefined;
  const info = new Attr(16).u32(0, number).u32(4, opened ?? (cgroup as number));
  const close = (): void => {
    if (opened !== undefined) closeSync(opened);
  };
  return { info, meanings: cgroupMeanings, takers: /^cgroup$/u, option: "cgroup", close };
}

const cgroupMeanings: Meanings = new Map([
  [EBADF, "that is not a folder of cgroup v2"],
  [EINVAL, "this kernel doesn't know that order, or can't iterate over control groups"],
  [E2BIG, "this kernel can't iterate over control groups: Linux 6.1 and later can"],
]);

function openFolder(path: string, what: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CoreGenError("bad-input", `attaching ${what}: ${reason}`, { cause });
  }
}

function taskTarget(option: "pid" | "tid" | "pidfd", at: number, value: number, what: string): Target {
  if (!Number.isInteger(value) || value <= 0 || value >= 2 ** 32)
    throw new RangeError(`attaching ${what}: ${option} is a positive number, not ${value}`);
  const info = new Attr(12).u32(at, value);
  return { info, meanings: taskMeanings, takers: taskTakers, option, close: nothingToClose };
}

const taskTakers = /^(?:task|task_file|task_vma)$/u;
const taskMeanings: Meanings = new Map([
  [EBADF, "that is not the descriptor of a process"],
  [E2BIG, "this kernel's iterators go over all processes: Linux 6.1 and later can go over one"],
]);

const withoutTarget: Meanings = new Map([
  [EBADF, "it goes over the elements of a map, and it is not said which: attachIter({ map: skel.maps.NAME })"],
  [EINVAL, 'it has to be said over what it goes: attachIter({ cgroup: "/sys/fs/cgroup" })'],
]);

/** Kernels ignore what an iterator doesn't know, and would go over everything: also pid and tid before Linux 6.1. */
function checkTaken({ takers, option }: Target, info: LinkInfo, what: string): void {
  if (info.type !== "iter") return;
  if (!takers.test(info.target)) {
    throw new CoreGenError("bad-input", `attaching ${what}: iterators of ${info.target} take no ${option}`, {
      hints: [optionHints.get(option) ?? `A ${option} is for SEC("iter/task"), "iter/task_file" and "iter/task_vma".`],
    });
  }
  if (takers === taskTakers && isForAll(info)) {
    throw new CoreGenError(
      "unsupported",
      `attaching ${what}: this kernel's iterators go over all processes, Linux 6.1 and later can go over one`,
      { hints: ["Let the program skip the others: compare ctx->task->tgid."] },
    );
  }
}

function isForAll({ task }: IterLinkInfo): boolean {
  return task === undefined || (task.tid === 0 && task.pid === 0);
}

const optionHints: ReadonlyMap<string, string> = new Map([
  ["map", 'A map is for SEC("iter/bpf_map_elem"), "iter/bpf_sk_storage_map" and "iter/sockmap".'],
  ["cgroup", 'A cgroup is for SEC("iter/cgroup").'],
]);
