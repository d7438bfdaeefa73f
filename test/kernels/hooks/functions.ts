import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";

import type { CoreGenError } from "../../../src/errors.ts";
import { attachProgram } from "../../../src/runtime/links/attach.ts";
import { guide } from "../../golden/guide.skel.ts";
import { hooks, type HooksBss } from "../../golden/hooks.skel.ts";
import { loadCounting } from "../../kernel/counting.ts";
import { activeLsms } from "../../support/active-lsms.ts";
import { check } from "../check.ts";
import { checkHook, inVirtualMachine, refusedHere } from "./check-hook.ts";

type Hook = keyof typeof occasions;

const openFile = (): void => closeSync(openSync("/dev/null", "r"));
const askForParent = (): void => assert.ok(process.ppid > 0);

/** What makes the kernel run each program, in this process. */
const occasions = {
  kprobe: openFile,
  kretprobe: openFile,
  ksyscall: openFile,
  kretsyscall: openFile,
  fentry: openFile,
  fexit: openFile,
  fmod_ret: openFile,
  lsm: openFile,
  tp_btf: openFile,
  uprobe: askForParent,
  uretprobe: askForParent,
};

const TIMES = 20;

/** What this kernel can't, with the reason; every other hook must fire. */
function lacking(hook: Hook): string | undefined {
  if (hook === "lsm" && !activeLsms().includes("bpf")) return "bpf is not among the active LSMs";
  return refusedHere(() => {
    using skel = hooks.load({ progs: { [hook]: { autoload: true } } });
    skel.attach();
  });
}

/** Programs attached to functions by their section. */
export async function checkFunctions(): Promise<void> {
  for (const hook of Object.keys(occasions) as Hook[]) {
    const reason = lacking(hook);
    await checkHook(hook, reason, () => seeFiring(hook));
    if (hook === "lsm" && reason !== undefined && inVirtualMachine())
      await check(`${hook} attaches, and does not fire: ${reason}`, () => seeSilent(hook));
  }
  if (!inVirtualMachine()) return;
  await check("a kprobe says which function there is not, and which are near", misspeltFunction);
  await check("the guide's kprobes print the pids of the programs that begin and end", guidePrintsPids);
}

function seeFiring(hook: Hook): void {
  using skel = hooks.load({ rodata: { asked_pid: process.pid }, progs: { [hook]: { autoload: true } } });
  skel.attach();
  const hits = (): bigint => skel.bss[`${hook}_hits` satisfies keyof HooksBss];
  for (let i = 0; i < TIMES; i++) occasions[hook]();
  const whileAttached = hits();
  assert.ok(whileAttached >= TIMES, `it fired ${whileAttached} times of ${TIMES}`);
  skel.detach();
  const after = hits();
  for (let i = 0; i < TIMES; i++) occasions[hook]();
  assert.equal(hits(), after);
}

function seeSilent(hook: Hook): void {
  using skel = hooks.load({ rodata: { asked_pid: process.pid }, progs: { [hook]: { autoload: true } } });
  skel.attach();
  for (let i = 0; i < TIMES; i++) occasions[hook]();
  assert.equal(skel.bss[`${hook}_hits`], 0n);
}

function misspeltFunction(): void {
  using counting = loadCounting("kprobe/do_sys_opnat2");
  assert.throws(
    () => attachProgram(counting.program),
    (error: CoreGenError) => {
      assert.equal(
        error.message,
        'attaching program "handle_openat" at kernel function do_sys_opnat2: this kernel has no function of that name',
      );
      assert.match(error.hints[0] ?? "", /^Near it: do_sys_openat2/u);
      return true;
    },
  );
}

/** `SEC("kprobe/sys_execve")` and `SEC("kprobe/do_exit")`, as the guide prints them. */
function guidePrintsPids(): void {
  const tracing = "/sys/kernel/tracing";
  if (!existsSync(`${tracing}/trace`)) execFileSync("mount", ["-t", "tracefs", "tracefs", tracing]);
  using skel = guide.load();
  skel.progs.kprobe_execve.attach();
  skel.progs.kprobe_exit.attach();
  const { pid } = spawnSync("/bin/true");
  skel.detach();
  const trace = readFileSync(`${tracing}/trace`, "utf8");
  assert.match(trace, new RegExp(`bpf_trace_printk: execve: pid=${pid} comm=\\S+\\n`, "u"));
  assert.match(trace, new RegExp(`bpf_trace_printk: Process exit: ${pid}\\n`, "u"));
}
