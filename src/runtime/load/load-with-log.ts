import { explainAbsence } from "../../co-re/absence.ts";
import { logSpec } from "../../co-re/log.ts";
import type { RelocationEntry } from "../../co-re/relocate.ts";
import { KernelError, VerifierError } from "../errors.ts";
import { permissionHints } from "../kernel/privileges.ts";
import { type Attr, bpf, BPF_PROG_LOAD } from "../sys/bpf.ts";
import { E2BIG, EACCES, EINVAL, ENOSPC, ENOTSUPP, EPERM } from "../sys/errno.ts";
import type { PreparedProgram } from "./prepare-programs.ts";
import type { ProgramContext } from "./types.ts";
import { explainPoison, findComplaint, linesOf, type VerifierComplaint } from "./verifier-log.ts";

const FIRST_SIZE = 1 << 20;
/** A log this long helps nobody. */
const LARGEST_SIZE = 1 << 28;
const GROWTH = 16;
/** Where kernels since 6.4 say how long the log would be. */
const LOG_TRUE_SIZE_AT = 140;

/**
 * Loads a program that the kernel has refused again, to learn the reason. Throws it, or returns the descriptor if the
 * kernel has changed its mind. `errno` is that of the first time.
 */
export function loadWithLog(
  prepared: PreparedProgram,
  context: ProgramContext,
  encode: () => Attr,
  errno: number,
): number {
  let size = FIRST_SIZE;
  for (;;) {
    const log = new Uint8Array(size);
    const attr = encode().u32(24, 1).u32(28, size).pointer(32, log);
    const result = bpf(BPF_PROG_LOAD, attr);
    if (result >= 0) return result;
    const truncated = result === -ENOSPC;
    if (!truncated || size >= LARGEST_SIZE) {
      throw describe(prepared, context, { errno: truncated ? errno : -result, log: linesOf(log), truncated });
    }
    size = nextSize(size, attr.getU32(LOG_TRUE_SIZE_AT));
  }
}

function nextSize(size: number, trueSize: number): number {
  return Math.min(LARGEST_SIZE, trueSize > size ? trueSize : size * GROWTH);
}

interface Refusal {
  readonly errno: number;
  readonly log: readonly string[];
  readonly truncated: boolean;
}

function describe(prepared: PreparedProgram, context: ProgramContext, refusal: Refusal): KernelError {
  const { program, def, poisoned } = prepared;
  const { errno, truncated } = refusal;
  const doing = `loading program "${program.name}" (SEC("${program.section}"))`;
  const call = { doing, syscall: "bpf", command: "BPF_PROG_LOAD", errno };
  const log = explainPoison(refusal.log, {
    relocation: (insn) => describeRelocation(poisoned.get(insn)),
    map: (index) => context.object.maps[index]?.name,
    extern: (index) => context.object.externs[index]?.name,
  });
  const complaint = findComplaint(log);
  if (complaint === undefined) {
    return new KernelError({
      ...call,
      meaning: silentMeaning(errno, def.typeName),
      hints: silentHints(prepared, errno),
    });
  }
  const hints = verifierHints(prepared, context, complaint);
  return new VerifierError({ ...call, meaning: inWords(complaint), program: program.name, log, truncated, hints });
}

function inWords({ reason, insn, source }: VerifierComplaint): string {
  const where = [source === undefined ? [] : [`at ${source}`], insn === undefined ? [] : [`insn ${insn}`]].flat();
  return `the verifier says: ${reason}${where.length > 0 ? ` (${where.join("; ")})` : ""}`;
}

/** `<byte_off> [7] struct task_struct.nope (0:3 @ offset 24)`, as libbpf has it (`fixup_verifier_log`), and where that is in C. */
function describeRelocation(entry: RelocationEntry | undefined): string | undefined {
  if (entry === undefined) return undefined;
  const where = entry.source === undefined ? "" : ` at ${entry.source.file}:${entry.source.line}`;
  return `${logSpec(entry.local)}${where}`;
}

function silentMeaning(errno: number, type: string): string | undefined {
  switch (errno) {
    case EPERM:
      return "this process may not load BPF programs of this kind, or the kernel does not allow them at all";
    case EINVAL:
      return `this kernel does not know programs of the kind ${type}, or not with this attach type or these flags`;
    case E2BIG:
      return "it has more instructions than the kernel takes";
    case ENOTSUPP:
      return "this kernel can't attach programs there";
    default:
      return undefined;
  }
}

function silentHints({ def }: PreparedProgram, errno: number): string[] {
  if (errno !== EPERM && errno !== EACCES) return [];
  const privileges = permissionHints();
  if (privileges.length > 0 || !def.needsAttachTarget) return privileges;
  return ["The process has the privileges: this kernel is built or configured not to let BPF attach to its functions."];
}

function verifierHints(prepared: PreparedProgram, context: ProgramContext, complaint: VerifierComplaint): string[] {
  const { license, btf } = context.object;
  const hints: string[] = [];
  const missing = prepared.poisoned.get(complaint.slot ?? -1);
  if (missing !== undefined) hints.push(...missingHints(missing));
  else if (/^kfunc '.*' is referenced/u.test(complaint.reason))
    hints.push("This kernel doesn't have it, or declares it otherwise: ask with bpf_ksym_exists() before calling it.");
  else if (/unknown func|invalid func/u.test(complaint.reason)) {
    hints.push("This kernel does not have that helper, or not for programs of this kind.");
  }
  if (complaint.reason.startsWith("ldimm64 failed to find the address for kernel symbol"))
    hints.push("Addresses of variables take a kernel with CONFIG_KALLSYMS_ALL=y, which zcat /proc/config.gz may tell.");
  if (/\bGPL\b/iu.test(complaint.reason)) {
    const is = license === "" ? "The object has no license" : `The object's license is "${license}"`;
    hints.push(`${is}: write char LICENSE[] SEC("license") = "GPL";`);
  }
  if (context.btf === undefined && btf !== undefined) {
    hints.push("The kernel has refused the object's types, which programs with callbacks and global functions need.");
  }
  hints.push("The error's `log` has everything the verifier said.");
  return hints;
}

function missingHints(entry: RelocationEntry): string[] {
  const instead = explainAbsence(entry);
  if (instead === undefined) return [UNSAFE_SIZE];
  const ask = entry.kind === "enumval_value" ? "bpf_core_enum_value_exists" : "bpf_core_field_exists";
  return [instead, `Ask with ${ask}() before reading it, or read what this kernel has instead.`];
}

/** Poisoned although it is there (libbpf: `fail_memsz_adjust`). */
const UNSAFE_SIZE =
  "This kernel has it with another size: declare a ___flavour of the struct with this kernel's type, and choose by bpf_core_field_size().";
