import { explainAbsence } from "../co-re/absence.ts";
import { logSpec } from "../co-re/log.ts";
import type { Relocated, RelocationFailure } from "../co-re/relocate.ts";
import { judge, type Verdict } from "../co-re/verdict.ts";

/** One relocation, as JSON has it. Values are decimal texts: they may have 64 bits. */
export interface RelocationFacts {
  readonly program: string;
  readonly insn: number;
  readonly kind: string;
  readonly field: string;
  /** In libbpf's notation; null, like the old value, where it is refused. */
  readonly local: string | null;
  readonly target: string | null;
  readonly candidates: number;
  readonly oldValue: string | null;
  readonly newValue: string | null;
  /** `refused`: libbpf would not load the object at all. */
  readonly verdict: Verdict | "refused";
  readonly file: string | null;
  readonly line: number | null;
  /** What the kernel has instead, or why it is refused; null where nothing is wrong. */
  readonly absence: string | null;
}

/** The facts of all relocations, in the order of `.BTF.ext`, then those that are refused. */
export function collectRelocations(relocated: Relocated): RelocationFacts[] {
  const verdicts = judge(relocated);
  const found = relocated.entries.map((entry, index): RelocationFacts => ({
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
  return [...found, ...relocated.failures.map(refusal)];
}

function refusal({ code, insn, kind, field, source, error }: RelocationFailure): RelocationFacts {
  return {
    program: code.name,
    insn,
    kind: kind ?? "unknown",
    field,
    ...{ local: null, target: null, candidates: 0, oldValue: null, newValue: null },
    verdict: "refused",
    file: source?.file ?? null,
    line: source?.line ?? null,
    absence: error.cause instanceof Error ? error.cause.message : error.message,
  };
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
    case "refused":
      return `REFUSED: ${absence}`;
  }
}
