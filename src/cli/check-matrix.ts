import type { Btf } from "../btf/btf.ts";
import { explainAbsence } from "../co-re/absence.ts";
import { relocate, type RelocationEntry } from "../co-re/relocate.ts";
import { judge, type Verdict } from "../co-re/verdict.ts";
import type { BpfObject } from "../object/model.ts";

/** What one kernel means for one relocation. */
export interface Cell {
  /** `refused`: libbpf would not load the object at all, an ambiguous field for example. */
  readonly verdict: Verdict | "refused";
  /** What the instruction holds; null where there is nothing to hold. */
  readonly oldValue: number | null;
  readonly newValue: number | null;
  /** What is wrong, in a sentence; null for nothing. */
  readonly problem: string | null;
}

/** One relocation of the object, with a cell per kernel. */
export interface Row {
  readonly program: string;
  readonly insn: number;
  readonly kind: string;
  readonly field: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly cells: readonly Cell[];
}

/** A relocation that would end the program on a kernel. */
export interface Problem {
  readonly where: string;
  readonly kernel: string;
  readonly text: string;
  readonly remedy: string;
}

/** Relocations by kernels. */
export interface Matrix {
  readonly kernels: readonly string[];
  readonly rows: readonly Row[];
  readonly problems: readonly Problem[];
}

/** Relocates an object against each kernel, and says what that comes to. */
export function checkObject(object: BpfObject, kernels: readonly Btf[]): Matrix {
  const columns = kernels.map((kernel) => relocationsOn(object, kernel));
  const rows = (columns[0] ?? []).map((first, index) => ({
    ...first.row,
    cells: columns.map((column) => column[index]?.cell ?? first.cell),
  }));
  const names = kernels.map(({ what }) => what);
  return { kernels: names, rows, problems: rows.flatMap((row) => problemsOf(row, names)) };
}

interface Outcome {
  readonly row: Omit<Row, "cells">;
  readonly cell: Cell;
}

/** In the same order on every kernel: by function, then by instruction. */
function relocationsOn(object: BpfObject, vmlinux: Btf): Outcome[] {
  const relocated = relocate(object, { vmlinux }, { keepGoing: true });
  const verdicts = judge(relocated);
  const found = relocated.entries.map((entry, index) => foundOutcome(entry, verdicts[index] ?? "same"));
  const refused = relocated.failures.map(({ kind, code, insn, field, source, error }): Outcome => ({
    row: {
      program: code.name,
      insn,
      kind: kind ?? "unknown",
      field,
      file: source?.file ?? null,
      line: source?.line ?? null,
    },
    cell: { verdict: "refused", oldValue: null, newValue: null, problem: error.message },
  }));
  return [...found, ...refused].sort((a, b) => compare(a.row.program, b.row.program) || a.row.insn - b.row.insn);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function foundOutcome(entry: RelocationEntry, verdict: Verdict): Outcome {
  const { kind, field, code, insn, source, oldValue, newValue } = entry;
  return {
    row: { program: code.name, insn, kind, field, file: source?.file ?? null, line: source?.line ?? null },
    cell: {
      verdict,
      oldValue: Number(oldValue),
      newValue: newValue === undefined ? null : Number(newValue),
      problem: problemText(entry, verdict),
    },
  };
}

function problemText(entry: RelocationEntry, verdict: Verdict): string | null {
  switch (verdict) {
    case "missing":
      return explainAbsence(entry) ?? "This kernel doesn't have it.";
    case "unsafe":
      return "This kernel has it with another size, which the load can't be adjusted to.";
    case "same":
    case "moved":
    case "resized":
    case "absent":
    case "guarded":
      return null;
  }
}

function problemsOf(row: Row, kernels: readonly string[]): Problem[] {
  const place = row.file === null ? `instruction ${row.insn} of ${row.program}` : `${row.file}:${row.line}`;
  return row.cells.flatMap(({ verdict, problem }, index) =>
    problem === null
      ? []
      : [
          {
            where: `${place}: ${row.field}`,
            kernel: kernels[index] ?? "",
            text: problem,
            remedy: remedyFor(verdict, row.kind),
          },
        ],
  );
}

function remedyFor(verdict: Cell["verdict"], kind: string): string {
  if (verdict === "unsafe")
    return "Declare a ___flavour of the struct with that type, and choose by bpf_core_field_size().";
  if (verdict === "refused") return "Rename the struct to a ___flavour that only one of the kernel's types fits.";
  if (kind === "enumval_value") return "Ask with bpf_core_enum_value_exists() first.";
  return "Ask with bpf_core_field_exists() first, or read it through a ___flavour of the struct.";
}
