import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, realpathSync } from "node:fs";
import { basename } from "node:path";

import { VerifierError } from "../../src/runtime/errors.ts";
import { guideEnum } from "../golden/guide-enum.skel.ts";
import { guide, type GuideBss, type GuideData } from "../golden/guide.skel.ts";
import { check } from "./check.ts";

/** The programs of the CO-RE guide: what they answer about this process, /proc knows, too. */
export async function checkGuide(): Promise<void> {
  await check("the guide's programs read this process as /proc has it", readThisProcess);
  await check("the guide's enum that no kernel has is absent, and the value not asked for", missingEnumIsAbsent);
  await check("the guide's enum that no kernel has is refused by its name", missingEnumIsRefused);
}

/** What the guide's fragments answer about the calling thread, the main one of this process. */
export function answersOfGuide(): GuideBss & GuideData {
  using skel = guide.load({ rodata: { asked_pid: process.pid } });
  // The kprobes of the guide are loaded, that is: relocated and verified. sys_execve is no function of newer kernels.
  const link = skel.progs.answer.attach();
  closeSync(openSync("/proc/self/stat", "r"));
  link.detach();
  return { ...skel.bss, ...skel.data };
}

function readThisProcess(): void {
  // What depends on the kernel's version and configuration is left to test/kernel/guide.test.ts.
  const { runs, mempolicy, has_mempolicy, has_io_uring_task, task_struct_id, ...facts } = answersOfGuide();
  assert.ok(runs > 0n);
  assert.ok(has_mempolicy || mempolicy === 0n);
  assert.equal(typeof has_io_uring_task, "boolean");
  assert.ok(task_struct_id > 0);
  assert.deepEqual(facts, {
    read_pid: process.pid,
    read_tgid: process.pid,
    pid_of_thread_pid: process.pid,
    parent_tgid: process.ppid,
    read_comm: readFileSync("/proc/self/comm", "utf8").trimEnd(),
    start_code: startOfCode(),
    start_code_chained: startOfCode(),
    exe_name: basename(realpathSync("/proc/self/exe")),
    has_thread_pid: true,
    has_new_name: false,
    uses_old_name: true,
    has_some_field: false,
    tcp_ca_open: 0,
    tcp_ca_loss: 4,
    comm_size: 16,
  });
}

/** proc_pid_stat(5): the 26th field; the second one, in brackets, may have spaces. */
function startOfCode(): bigint {
  const fields = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /u, "")
    .split(" ");
  return BigInt(fields[26 - 3] ?? "");
}

function missingEnumIsAbsent(): void {
  using skel = guideEnum.load();
  skel.attach();
  closeSync(openSync("/proc/self/stat", "r"));
  skel.detach();
  assert.ok(skel.bss.runs > 0n);
  assert.deepEqual({ ...skel.data }, { exists_answer: false, value_if_it_exists: -1 });
}

function missingEnumIsRefused(): void {
  assert.throws(
    () => {
      guideEnum.load({ progs: { do_not_ask: { autoload: true } } }).close();
    },
    (error) => {
      assert.ok(error instanceof VerifierError);
      assert.match(error.message, /failed to resolve CO-RE relocation <enumval_value> .*tcp_state::TCP_LISTEN/u);
      assert.match(error.message, /guide-enum\.bpf\.c:31/u);
      assert.equal(error.hints[0], "This kernel has no type tcp_state.");
      return true;
    },
  );
}
