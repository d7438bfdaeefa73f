import assert from "node:assert/strict";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  statSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { createSocket } from "node:dgram";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { possibleCpus } from "../../src/runtime/kernel/cpus.ts";
import type { KernelVersion } from "../../src/runtime/kernel/release.ts";
import { Element, iter, type IterShape } from "../objects/iter.skel.ts";
import { listIds } from "./bpf-ids.ts";

/** An iterator of the kernel, and how to see that it gives what the kernel says elsewhere. */
export interface IteratorCase {
  /** As in `SEC("iter/…")`. */
  readonly target: string;
  /** The first Linux that has it. */
  readonly since: KernelVersion;
  readonly see: () => void | Promise<void>;
}

type Name = keyof IterShape["progs"];

/** One for each thing of the kernel that iterators go over. */
export const iteratorCases: readonly IteratorCase[] = [
  { target: "task", since: [5, 8], see: seeTasks },
  { target: "task_file", since: [5, 8], see: seeFiles },
  { target: "task_vma", since: [5, 12], see: seeMemory },
  { target: "task of one process", since: [6, 1], see: seeOneProcess },
  { target: "bpf_map", since: [5, 8], see: () => seeIds("dump_bpf_map", "map") },
  { target: "bpf_prog", since: [5, 9], see: () => seeIds("dump_bpf_prog", "prog") },
  { target: "bpf_link", since: [5, 19], see: () => seeIds("dump_bpf_link", "link") },
  { target: "bpf_map_elem of a hash", since: [5, 9], see: seeElementsOfHash },
  { target: "bpf_map_elem of an array", since: [5, 9], see: seeElementsOfArray },
  { target: "bpf_map_elem of a per-CPU hash", since: [5, 9], see: seeElementsPerCpu },
  { target: "cgroup", since: [6, 1], see: seeCgroups },
  { target: "tcp", since: [5, 9], see: seeTcp },
  { target: "udp", since: [5, 9], see: seeUdp },
  { target: "unix", since: [5, 15], see: seeUnix },
  { target: "netlink", since: [5, 8], see: seeNetlink },
  { target: "ksym", since: [6, 0], see: seeSymbols },
  { target: "kmem_cache", since: [6, 13], see: seeCaches },
];

/** The text of one iterator that goes over everything, line by line. */
function linesOf(program: Name): string[] {
  using skel = iter.load({ progs: { [program]: { autoload: true } } });
  using link = skel.progs[program].attachIter();
  return [...link.lines()];
}

/** This process's threads and those of a process that it started: what a container hides from it is not asked for. */
function seeTasks(): void {
  const child = spawn("sleep", ["60"]);
  try {
    const seen = new Set(linesOf("dump_task"));
    for (const pid of [process.pid, child.pid]) {
      for (const tid of readdirSync(`/proc/${pid}/task`)) {
        const comm = readFileSync(`/proc/${pid}/task/${tid}/comm`, "utf8").trimEnd();
        assert.ok(seen.has(`${tid} ${pid} ${comm}`), `thread ${tid} of ${pid}, ${comm}`);
      }
    }
  } finally {
    child.kill();
  }
}

function seeFiles(): void {
  const file = openSync("/dev/null", "r");
  try {
    using skel = iter.load({ rodata: { only_tgid: process.pid }, progs: { dump_task_file: { autoload: true } } });
    using link = skel.progs.dump_task_file.attachIter();
    const seen = new Set(link.lines());
    const open = readdirSync("/proc/self/fd").filter((fd) => isOpen(fd));
    assert.ok(open.includes(String(file)));
    for (const fd of open) assert.ok(seen.has(`${process.pid} ${fd}`), `descriptor ${fd}`);
  } finally {
    closeSync(file);
  }
}

function seeMemory(): void {
  using skel = iter.load({ rodata: { only_tgid: process.pid }, progs: { dump_task_vma: { autoload: true } } });
  using link = skel.progs.dump_task_vma.attachIter();
  const ranges = (): string[] =>
    readFileSync("/proc/self/maps", "utf8")
      .split("\n")
      .flatMap((line) => (line.includes("[vsyscall]") ? [] : line.split(" ").slice(0, 1)));
  const before = ranges().filter((range) => range !== "");
  const seen = new Set(link.lines());
  const after = new Set(ranges());
  const lasting = before.filter((range) => after.has(range));
  assert.ok(lasting.length > 20);
  assert.deepEqual(
    lasting.filter((range) => !seen.has(range)),
    [],
  );
}

function seeOneProcess(): void {
  using skel = iter.load({ progs: { dump_task: { autoload: true } } });
  const tids = readdirSync("/proc/self/task");
  using ofProcess = skel.progs.dump_task.attachIter({ pid: process.pid });
  const seen = [...ofProcess.lines()].map((line) => line.split(" ").slice(0, 2).join(" "));
  assert.deepEqual(seen.sort(), tids.map((tid) => `${tid} ${process.pid}`).sort());
  using ofThread = skel.progs.dump_task.attachIter({ tid: process.pid });
  assert.match(ofThread.readText(), new RegExp(`^${process.pid} ${process.pid} [^\\n]+\\n$`, "u"));
}

/** The first number of each line is an id. */
function seeIds(program: Name, kind: "map" | "prog" | "link"): void {
  using skel = iter.load({ progs: { [program]: { autoload: true } } });
  using link = skel.progs[program].attachIter();
  const before = listIds(kind);
  const seen = new Set([...link.lines()].map((line) => Number(line.split(" ")[0])));
  const after = new Set(listIds(kind));
  const lasting = before.filter((id) => after.has(id));
  assert.ok(lasting.length > 0);
  assert.deepEqual(
    lasting.filter((id) => !seen.has(id)),
    [],
  );
}

function seeElementsOfHash(): void {
  using skel = iter.load({ progs: { dump_elements: { autoload: true } } });
  const all = Array.from({ length: 5000 }, (_, key) => ({ key, pad: 0, value: BigInt(key) * 3n }));
  for (const element of all) skel.maps.elements.set(element.key, element);
  using link = skel.progs.dump_elements.attachIter({ map: skel.maps.elements });
  // 80 KB: more than one read() gives.
  const seen = [...link.records(Element)].sort((a, b) => a.key - b.key);
  assert.deepEqual(seen, all);
}

function seeElementsOfArray(): void {
  using skel = iter.load({ progs: { dump_numbers: { autoload: true } } });
  for (let index = 0; index < 4; index++) skel.maps.numbers.set(index, BigInt(index) + 10n);
  using link = skel.progs.dump_numbers.attachIter({ map: skel.maps.numbers });
  const seen = [...link.records(Element)].map(({ key, value }) => [key, value]);
  assert.deepEqual(seen, [[0, 10n], [1, 11n], [2, 12n], [3, 13n]]); // prettier-ignore
}

function seeElementsPerCpu(): void {
  const cpus = possibleCpus();
  using skel = iter.load({ rodata: { cpus }, progs: { dump_per_cpu: { autoload: true } } });
  const values = Array.from({ length: cpus }, (_, cpu) => BigInt(cpu) + 1n);
  skel.maps.per_cpu.set(7, values);
  using link = skel.progs.dump_per_cpu.attachIter({ map: skel.maps.per_cpu });
  const sum = values.reduce((total, value) => total + value, 0n);
  assert.deepEqual([...link.records(Element)], [{ key: 7, pad: 0, value: sum }]);
}

function seeCgroups(): void {
  const root = cgroupRoot();
  const parent = mkdtempSync(join(root, "core-gen-"));
  const child = join(parent, "child");
  mkdirSync(child);
  try {
    using skel = iter.load({ progs: { dump_cgroup: { autoload: true } } });
    const ids = (cgroup: string, order?: "self" | "descendants-post" | "ancestors-up"): string[] => {
      using link = skel.progs.dump_cgroup.attachIter({ cgroup, order });
      return [...link.lines()].map((line) => line.split(" ")[0] ?? "");
    };
    const [parentId, childId] = [inode(parent), inode(child)];
    assert.deepEqual(ids(parent), [parentId, childId]);
    assert.deepEqual(ids(parent, "descendants-post"), [childId, parentId]);
    assert.deepEqual(ids(parent, "self"), [parentId]);
    assert.deepEqual(ids(child, "ancestors-up").slice(0, 2), [childId, parentId]);
  } finally {
    rmdirSync(child);
    rmdirSync(parent);
  }
}

/** A control group's id is the inode of its folder. */
function inode(folder: string): string {
  return String(statSync(folder, { bigint: true }).ino);
}

/** Where cgroup v2 is mounted; mounts it where nothing is. */
function cgroupRoot(): string {
  const mounted = /^\S+ (\S+) cgroup2 /mu.exec(readFileSync("/proc/mounts", "utf8"))?.[1];
  if (mounted !== undefined) return mounted;
  execFileSync("mount", ["-t", "cgroup2", "cgroup2", "/sys/fs/cgroup"]);
  return "/sys/fs/cgroup";
}

async function seeTcp(): Promise<void> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const AF_INET = 2;
    const TCP_LISTEN = 10;
    assert.ok(linesOf("dump_tcp").includes(`${AF_INET} ${portOf(server)} ${TCP_LISTEN}`));
  } finally {
    server.close();
    await once(server, "close");
  }
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function seeUdp(): Promise<void> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  try {
    assert.ok(linesOf("dump_udp").includes(`2 ${socket.address().port}`));
  } finally {
    socket.close();
    await once(socket, "close");
  }
}

async function seeUnix(): Promise<void> {
  const server = createServer().listen("\0core-gen-iterators");
  await once(server, "listening");
  try {
    const count = (): number => readFileSync("/proc/net/unix", "utf8").trim().split("\n").length - 1;
    const seen = linesOf("dump_unix").length;
    assert.ok(seen > 0);
    assert.equal(seen, count());
  } finally {
    server.close();
    await once(server, "close");
  }
}

function seeNetlink(): void {
  const rows = readFileSync("/proc/net/netlink", "utf8").trim().split("\n").slice(1);
  const ports = rows.map((row) => row.trim().split(/\s+/u)[2]);
  assert.ok(ports.length > 0);
  assert.deepEqual(linesOf("dump_netlink").sort(), ports.sort());
}

function seeSymbols(): void {
  const seen = new Set(linesOf("dump_ksym"));
  const symbols = readFileSync("/proc/kallsyms", "latin1")
    .split("\n")
    .filter((line) => / _(?:stext|etext)$/u.test(line));
  assert.equal(symbols.length, 2);
  for (const symbol of symbols) {
    const [address, , name] = symbol.split(" ");
    assert.ok(seen.has(`${address} ${name}`), symbol);
  }
  assert.ok(seen.size > 10_000);
}

function seeCaches(): void {
  const seen = linesOf("dump_kmem_cache").map((line) => line.split(" ")[0]);
  const caches = readFileSync("/proc/slabinfo", "utf8").trim().split("\n").slice(2);
  const names = caches.map((line) => line.split(" ")[0]);
  assert.ok(names.length > 10);
  assert.deepEqual(
    names.filter((name) => !seen.includes(name)),
    [],
  );
}

function isOpen(fd: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`) !== "";
  } catch {
    return false;
  }
}
