import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, rmdirSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";

import { kernelSymbols } from "../../../src/runtime/kernel/index.ts";
import type { HashMap, StackTraceMap } from "../../../src/runtime/maps/index.ts";
import type { ProbeProgram, Program } from "../../../src/runtime/programs/index.ts";
import { checkTool, type Tool } from "./check-tool.ts";
import { total, type Hist } from "./histogram.ts";
import { Worker } from "./worker.ts";

type Operation = "file_read" | "file_write" | "file_open" | "file_sync" | "getattr";
type OfVfs = "vfs_read" | "vfs_write" | "vfs_fsync" | "vfs_open" | "vfs_create";

export interface FileTools {
  readonly filetop: Tool<
    {
      entries: HashMap<
        { inode: bigint; dev: number; rdev: number; pid: number; tid: number },
        {
          reads: bigint;
          read_bytes: bigint;
          writes: bigint;
          write_bytes: bigint;
          filename: string;
          comm: string;
          type: number;
        }
      >;
    },
    object,
    { rodata: { target_pid: number; regular_file_only: boolean } }
  >;
  readonly fsdist: Tool<
    object,
    Record<`${Operation}_${"entry" | "exit" | "fentry" | "fexit"}`, Program>,
    { rodata: { target_pid: number }; bss: { hists: Hist[] } }
  >;
  readonly funclatency: Tool<
    object,
    { dummy_kprobe: ProbeProgram; dummy_kretprobe: ProbeProgram },
    { rodata: { targ_tgid: number; units: number }; bss: { hist: number[] } }
  >;
  readonly klockstat: Tool<
    {
      stat_map: HashMap<number, { acq_count: bigint; hld_count: bigint; acq_max_comm: string }>;
      stack_map: StackTraceMap;
    },
    Record<string, Program>,
    { rodata: { targ_tgid: number } }
  >;
  readonly syscount: Tool<
    { data: HashMap<number, { count: bigint; total_ns: bigint; comm: string }> },
    object,
    { rodata: { filter_pid: number; measure_latency: boolean; count_by_process: boolean } }
  >;
  readonly vfsstat: Tool<object, Record<`kprobe_${OfVfs}`, Program>, { bss: { stats: bigint[] } }>;
}

const [READS, WRITES, OPENS, SYNCS, STATS] = [40, 30, 4, 6, 7];

/** What processes do with files, and which system calls and functions that takes. */
export async function checkFiles(tools: FileTools): Promise<void> {
  await checkTool("filetop", undefined, () => readsAndWritesAreCounted(tools.filetop));
  await checkTool("fsdist", undefined, () => operationsAreCounted(tools.fsdist));
  await checkTool("vfsstat", undefined, () => callsOfVfsAreCounted(tools.vfsstat));
  await checkTool("syscount", undefined, () => callsAreAsInProc(tools.syscount));
  await checkTool("funclatency", undefined, () => functionsTakeTheirTime(tools.funclatency));
  await checkTool("klockstat", undefined, () => locksAreTaken(tools.klockstat));
}

/** Reads and writes a file that it has opened, in blocks of 50 and 100 bytes. */
const readAndWrite =
  `sysseek(F, 0, 0); syswrite(F, "x" x 100) for 1..${WRITES}; ` +
  `sysseek(F, 0, 0); sysread(F, $_, 50) for 1..${READS}`;

async function readsAndWritesAreCounted(filetop: FileTools["filetop"]): Promise<void> {
  const path = `/dev/shm/filetop-${process.pid}`;
  await using worker = await Worker.start(readAndWrite, `open(F, "+>", "${path}")`);
  using skel = filetop.load({ rodata: { target_pid: worker.pid, regular_file_only: true } });
  skel.attach();
  await worker.work();
  skel.detach();
  const { ino, dev } = statSync(path, { bigint: true });
  unlinkSync(path);
  assert.deepEqual(
    [...skel.maps.entries],
    [
      [
        { inode: ino, dev: Number(dev), rdev: 0, pid: worker.pid, tid: worker.pid },
        {
          reads: BigInt(READS),
          read_bytes: BigInt(READS * 50),
          writes: BigInt(WRITES),
          write_bytes: BigInt(WRITES * 100),
          pid: worker.pid,
          tid: worker.pid,
          filename: `filetop-${process.pid}`,
          comm: "perl",
          type: "R".charCodeAt(0),
        },
      ],
    ],
  );
}

async function operationsAreCounted(fsdist: FileTools["fsdist"]): Promise<void> {
  const folder = mountExt4();
  try {
    const path = join(folder, "file");
    const more = `open(G, "<", "${path}") for 1..${OPENS}; F->sync for 1..${SYNCS}; stat "${path}" for 1..${STATS}`;
    await using worker = await Worker.start(`${readAndWrite}; ${more}`, `use IO::Handle; open(F, "+>", "${path}")`);
    const opened = fsdist.open({ rodata: { target_pid: worker.pid } });
    for (const program of Object.values(opened.progs)) {
      const [, operation, kind] = /^(\w+)_(entry|exit|fentry|fexit)$/u.exec(program.name)!;
      if (kind === "entry" || kind === "exit") program.autoload = false;
      else program.attachTarget = { function: functionsOfExt4[operation as Operation] };
    }
    using skel = opened.load();
    skel.attach();
    await worker.work();
    skel.detach();
    // Perl asks for the attributes of each file that it opens.
    const counts = skel.bss.hists.map((hist) => total(hist));
    assert.deepEqual(counts, [READS, WRITES, OPENS, SYNCS, STATS + OPENS]);
  } finally {
    unmountExt4(folder);
  }
}

/** As the tool's own table has them, in the order of its histograms. */
const functionsOfExt4: Readonly<Record<Operation, string>> = {
  file_read: "ext4_file_read_iter",
  file_write: "ext4_file_write_iter",
  file_open: "ext4_file_open",
  file_sync: "ext4_sync_file",
  getattr: "ext4_file_getattr",
};

function mountExt4(): string {
  execFileSync("modprobe", ["brd", "rd_nr=1", "rd_size=16384"]);
  // An ext2, which the kernel's ext4 takes, too.
  execFileSync("busybox", ["mke2fs", "/dev/ram0"], { stdio: "ignore" });
  const folder = mkdtempSync("/tmp/ext4-");
  execFileSync("mount", ["-t", "ext4", "/dev/ram0", folder]);
  return folder;
}

function unmountExt4(folder: string): void {
  execFileSync("umount", [folder]);
  rmdirSync(folder);
  execFileSync("rmmod", ["brd"]);
}

/** Of all processes: nobody else creates files here; others do read, write and open. fsync(2) has vfs_fsync inlined. */
async function callsOfVfsAreCounted(vfsstat: FileTools["vfsstat"]): Promise<void> {
  const folder = mkdtempSync("/tmp/vfsstat-");
  // Files are created in an overlay, which has vfs_create do it.
  const create = `open(G, ">", "${folder}/$_") for 1..25`;
  await using worker = await Worker.start(
    `${create}; ${readAndWrite}`,
    `open(F, "+>", "/dev/shm/vfsstat"); unlink "/dev/shm/vfsstat"`,
  );
  using skel = vfsstat.load({
    progs: {
      kprobe_vfs_read: { autoload: false },
      kprobe_vfs_write: { autoload: false },
      kprobe_vfs_fsync: { autoload: false },
      kprobe_vfs_open: { autoload: false },
      kprobe_vfs_create: { autoload: false },
    },
  });
  skel.attach();
  await worker.work();
  skel.detach();
  rmSync(folder, { recursive: true });
  const [reads = 0, writes = 0, , opens = 0, creates] = skel.bss.stats.map(Number);
  assert.ok(reads >= READS && writes >= WRITES && opens >= 25, `${reads} reads, ${writes} writes, ${opens} opens`);
  assert.equal(creates, 25);
}

/** x86-64's numbers. */
const NR = { read: 0, write: 1, pread64: 17, pwrite64: 18, readv: 19, writev: 20, getppid: 110, pselect6: 270 };

async function callsAreAsInProc(syscount: FileTools["syscount"]): Promise<void> {
  const work = `${readAndWrite}; getppid() for 1..300; select(undef, undef, undef, 0.02) for 1..5`;
  await using worker = await Worker.start(work, `open(F, "+>", "/dev/shm/syscount"); unlink "/dev/shm/syscount"`);
  using skel = syscount.load({ rodata: { filter_pid: worker.pid, measure_latency: true } });
  const before = { reads: worker.count("io", "syscr"), writes: worker.count("io", "syscw") };
  skel.attach();
  await worker.work();
  skel.detach();
  const { data } = skel.maps;
  const count = (...calls: (keyof typeof NR)[]): number =>
    calls.reduce((sum, call) => sum + Number(data.get(NR[call])?.count ?? 0), 0);
  // The read that it began before was not seen entering, so it isn't among those whose time was measured.
  assert.equal(count("read", "pread64", "readv") + 1, worker.count("io", "syscr") - before.reads);
  assert.equal(count("write", "pwrite64", "writev"), worker.count("io", "syscw") - before.writes);
  assert.deepEqual([count("getppid"), count("pselect6")], [300, 5]);
  const { total_ns } = data.get(NR.pselect6)!;
  assert.ok(total_ns >= 5 * 20e6, `${total_ns} ns in five pselect6`);
}

async function functionsTakeTheirTime(funclatency: FileTools["funclatency"]): Promise<void> {
  const USEC = 1;
  await using worker = await Worker.start("select(undef, undef, undef, 0.02) for 1..10; getppid() for 1..300");
  using kernel = funclatency.load({ rodata: { targ_tgid: worker.pid, units: USEC } });
  kernel.progs.dummy_kprobe.attachKprobe({ function: "core_sys_select" });
  kernel.progs.dummy_kretprobe.attachKprobe({ function: "core_sys_select" });
  using libc = funclatency.load({ rodata: { targ_tgid: worker.pid, units: USEC } });
  const binary = /(\S+libc\.so\.6)$/mu.exec(worker.proc("maps"))![1]!;
  libc.progs.dummy_kprobe.attachUprobe({ binary, function: "getppid" });
  libc.progs.dummy_kretprobe.attachUprobe({ binary, function: "getppid" });
  await worker.work();
  assert.equal(total({ slots: libc.bss.hist }), 300);
  const slots = kernel.bss.hist;
  assert.deepEqual([total({ slots }), total({ slots }, 14)], [10, 10]);
}

/** Each write into a pipe and each read takes the pipe's mutex once. */
async function locksAreTaken(klockstat: FileTools["klockstat"]): Promise<void> {
  const work = 'for (1..200) { syswrite(W, "x"); sysread(R, $_, 1) }';
  await using worker = await Worker.start(work, "pipe(R, W)");
  const opened = klockstat.open({ rodata: { targ_tgid: worker.pid } });
  for (const program of Object.values(opened.progs)) if (program.name.startsWith("kprobe_")) program.autoload = false;
  using skel = opened.load();
  skel.attach();
  await worker.work();
  skel.detach();
  const symbols = kernelSymbols();
  let [written, read] = [0n, 0n];
  for (const [id, { acq_count, hld_count, acq_max_comm }] of skel.maps.stat_map) {
    assert.deepEqual([hld_count, acq_max_comm], [acq_count, "perl"]);
    // The tool skips the innermost functions, on some kernels those of the pipe, too.
    const names = (skel.maps.stack_map.get(id) ?? []).map((address) => symbols.find(address)?.name);
    if (names.includes("vfs_write")) written += acq_count;
    else if (names.includes("vfs_read") && !names.includes("sock_read_iter")) read += acq_count;
  }
  assert.deepEqual({ written, read }, { written: 200n, read: 200n });
}
