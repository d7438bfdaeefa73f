import { explainAbsence } from "../co-re/absence.ts";
import { logSpec } from "../co-re/log.ts";
import type { Relocated } from "../co-re/relocate.ts";
import { judge, type Verdict } from "../co-re/verdict.ts";

/** One relocation, as JSON has it. Values are decimal texts: they may have 64 bits. */
export interface RelocationFacts {
  readonly program: string;
  readonly insn: number;
  readonly kind: string;
  readonly field: string;
  /** In libbpf's notation. */
  readonly local: string;
  readonly target: string | null;
  readonly candidates: number;
  readonly oldValue: string;
  readonly newValue: string | null;
  readonly verdict: Verdict;
  readonly file: string | null;
  readonly line: number | null;
  /** What the kernel has instead; null where nothing is missing. */
  readonly absence: string | null;
}

/** The facts of all relocations, in the order of `.BTF.ext`. */
export function collectRelocations(relocated: Relocated): RelocationFacts[] {
  const verdicts = judge(relocated);
  return relocated.entries.map((entry, index) => ({
    program: entry.code.name,
    insn: entry.insn,
    kind: entry.kind,
    field: entry.field,
    local: logSpec(entry.local),
    target: entry.target === undefined ? null : logSpec(entry.target),
    candidates: entry.candidates.length,
    oldValue: `${entry.oldValue}`,
    newValue: entry.newValue === undefined ? null : `${entry.newValue}`,
    verdict: verdicts[index] ?? "same",
    file: entry.source?.file ?? null,
    line: entry.source?.line ?? null,
    absence: explainAbsence(entry) ?? null,
  }));
}

/** The facts for people: a heading per function, a line per relocation. */
export function printRelocations(facts: readonly RelocationFacts[]): string {
  if (facts.length === 0) return "There are no CO-RE relocations in this object.\n";
  const functions = groupByProgram(facts);
  const parts = [...functions].map(([name, list]) => [`${name}:`, ...list.map(lineOf)].join("\n"));
  return `${parts.join("\n\n")}\n`;
}

function groupByProgram(facts: readonly RelocationFacts[]): Map<string, RelocationFacts[]> {
  const groups = new Map<string, RelocationFacts[]>();
  for (const fact of facts) groups.set(fact.program, [...(groups.get(fact.program) ?? []), fact]);
  return groups;
}

function lineOf(fact: RelocationFacts): string {
  const place = fact.line === null ? "" : `line ${fact.line}, `;
  return `  ${place}insn ${fact.insn}: ${fact.kind} ${fact.field}: ${outcomeOf(fact)}`;
}

function outcomeOf({ verdict, oldValue, newValue, absence }: RelocationFacts): string {
  switch (verdict) {
    case "same":
      return `${oldValue}, the same`;
    case "moved":
      return `${oldValue} → ${newValue}`;
    case "resized":
      return `${oldValue}, with another size`;
    case "absent":
      return `${newValue}: ${absence}`;
    case "guarded":
      return "poisoned, but never reached";
    case "missing":
      return `POISONED: ${absence}`;
    case "unsafe":
      return "POISONED: this kernel has it with another size, which the load can't be adjusted to";
  }
}
