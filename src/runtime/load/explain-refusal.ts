import { explainAbsence } from "../../co-re/absence.ts";
import { logSpec } from "../../co-re/log.ts";
import type { RelocationEntry } from "../../co-re/relocate.ts";
import { KernelError, VerifierError } from "../errors.ts";
import { capabilitiesOfProgram, lockdownHints, permissionHints } from "../kernel/privileges.ts";
import { E2BIG, EACCES, EINVAL, ENOTSUPP, EPERM } from "../sys/errno.ts";
import { annotateLog, type LogLine } from "./annotate-log.ts";
import type { PreparedProgram } from "./prepare-programs.ts";
import type { ProgramContext } from "./types.ts";
import { explainPoison, findComplaint, type VerifierComplaint } from "./verifier-log.ts";

/** A program that the kernel did not load, and its log; empty when the verifier was not even asked. */
export interface Refusal {
  readonly errno: number;
  readonly log: readonly string[];
  readonly truncated: boolean;
}

/** The error that says why the kernel has refused a program, as far as log, error number and this machine tell. */
export function explainRefusal(prepared: PreparedProgram, context: ProgramContext, refusal: Refusal): KernelError {
  const { program, def, poisoned, lineInfo } = prepared;
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
  const lines = annotateLog(log, lineInfo, context.object.btf);
  const meaning = inWords(complaint, lines);
  return new VerifierError({ ...call, meaning, program: program.name, log, lines, truncated, hints });
}

function inWords({ reason, insn, slot, source: theirs }: VerifierComplaint, lines: readonly LogLine[]): string {
  const ours = lines.findLast((line) => line.insn !== undefined && line.insn === slot)?.source;
  // Kernels before 6.8 leave out the file and the line.
  const source = ours === undefined || theirs?.includes(" @ ") ? theirs : `${ours.text} @ ${ours.file}:${ours.line}`;
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
  const privileges = permissionHints(capabilitiesOfProgram(def.typeName));
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
    hints.push("This kernel does not have that helper, or not for programs of this kind.", ...lockdownHints());
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
  if (REGISTERS.test(entry.field)) return [instead, OTHER_ARCHITECTURE];
  const ask = entry.kind === "enumval_value" ? "bpf_core_enum_value_exists" : "bpf_core_field_exists";
  return [instead, `Ask with ${ask}() before reading it, or read what this kernel has instead.`];
}

/** Poisoned although it is there (libbpf: `fail_memsz_adjust`). */
const UNSAFE_SIZE =
  "This kernel has it with another size: declare a ___flavour of the struct with this kernel's type, and choose by bpf_core_field_size().";

/** What bpf_tracing.h reads arguments from: `struct user_pt_regs` on arm64 and s390x, `struct pt_regs` elsewhere. */
const REGISTERS = /^(?:user_)?pt_regs\b/u;
const OTHER_ARCHITECTURE =
  "Registers are different on every architecture: was the object compiled for this one (clang -D__TARGET_ARCH_x86, _arm64, …)?";
