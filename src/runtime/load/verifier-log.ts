import { POISON } from "../../co-re/patch.ts";
import { POISONED_EXTERN, POISONED_MAP } from "../../object/insn/poison.ts";

/** The lines of a log that the kernel wrote into a buffer of NULs. */
export function linesOf(buffer: Uint8Array): string[] {
  const end = buffer.indexOf(0);
  const text = new TextDecoder().decode(end < 0 ? buffer : buffer.subarray(0, end));
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** The last line that is not empty. */
export function lastLine(lines: readonly string[]): string | undefined {
  return lines.findLast((line) => line.trim() !== "");
}

/** What the verifier counts at the end of every log. */
const STATISTICS = /^(processed \d+ insns|verification time |stack depth |mark_precise: |func#?\d* )/u;

/** Where the part of a log ends that says something about the program. */
export function endOfComplaint(log: readonly string[]): number {
  return log.findLastIndex((line) => line.trim() !== "" && !STATISTICS.test(line)) + 1;
}

/** Why the verifier said no, and where. */
export interface VerifierComplaint {
  /** The line that says why. */
  readonly reason: string;
  /** The number of the instruction before it. */
  readonly slot: number | undefined;
  /** That instruction: "12: (61) r0 = *(u32 *)(r1 +8)"; undefined for one that was poisoned. */
  readonly insn: string | undefined;
  /** The line of C before it: "return *value; @ prog.bpf.c:12". */
  readonly source: string | undefined;
}

/** Finds the last line that means something in a verifier's log; undefined when there is none. */
export function findComplaint(log: readonly string[]): VerifierComplaint | undefined {
  const at = endOfComplaint(log) - 1;
  const reason = log[at]?.trim();
  if (reason === undefined) return undefined;
  const before = log.slice(0, at);
  const insn = before.findLast((line) => /^\d+: [(<]/u.test(line));
  const source = before.findLast((line) => line.startsWith("; "));
  return {
    reason,
    slot: insn === undefined ? undefined : Number.parseInt(insn, 10),
    // Behind the semicolon is what is known of the registers; a poisoned instruction is not worth showing.
    insn: insn?.includes(": <") === true ? undefined : insn?.replace(/\s*;.*$/u, ""),
    source: source?.slice(2).trim(),
  };
}

const POISON_RANGE = 1_000_000;
/** libbpf looks at as many lines (`fixup_verifier_log`). */
const LINES_TO_SEARCH = 10;

/** Says what poisoned instructions would have been. */
export interface PoisonNames {
  /** The relocation that was to patch this instruction: "<byte_off> task_struct.nope". */
  relocation(insn: number): string | undefined;
  /** The map with this index. */
  map(index: number): string | undefined;
  /** The extern with this index. */
  extern(index: number): string | undefined;
}

/**
 * Replaces what the verifier says about a poisoned instruction, "invalid func unknown#195896080", by what is wrong, in
 * libbpf's words. Other logs come back as they are.
 */
export function explainPoison(log: readonly string[], names: PoisonNames): string[] {
  const first = Math.max(0, log.length - LINES_TO_SEARCH);
  for (let at = log.length - 2; at >= first; at--) {
    const call = /^(\d+): \(85\) call unknown#(\d+)/u.exec(log[at] ?? "");
    if (call === null || log[at + 1]?.trim() !== `invalid func unknown#${call[2] ?? ""}`) continue;
    const lines = explain(Number(call[1]), Number(call[2]), names);
    if (lines !== undefined) return [...log.slice(0, at), ...lines, ...log.slice(at + 2)];
  }
  return [...log];
}

function explain(insn: number, immediate: number, names: PoisonNames): string[] | undefined {
  if (immediate === POISON) {
    const relocation = names.relocation(insn);
    if (relocation === undefined) return undefined;
    return [`${insn}: <invalid CO-RE relocation>`, `failed to resolve CO-RE relocation ${relocation}`];
  }
  if (immediate >= POISONED_MAP && immediate < POISONED_MAP + POISON_RANGE) {
    const map = names.map(immediate - POISONED_MAP);
    if (map === undefined) return undefined;
    return [`${insn}: <invalid BPF map reference>`, `BPF map '${map}' is referenced but wasn't created`];
  }
  if (immediate >= POISONED_EXTERN && immediate < POISONED_EXTERN + POISON_RANGE) {
    const name = names.extern(immediate - POISONED_EXTERN);
    if (name === undefined) return undefined;
    return [`${insn}: <invalid kfunc call>`, `kfunc '${name}' is referenced but wasn't resolved`];
  }
  return undefined;
}
