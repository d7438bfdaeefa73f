import type { ProgramError, ProgramVerdict } from "./try-programs.ts";

/** A table of all programs, and below it why those were refused that were; with `log` all that the verifier said. */
export function printVerdicts(verdicts: readonly ProgramVerdict[], log: boolean): string {
  const parts = [
    table([HEAD, ...verdicts.map(cellsOf)]),
    ...refusals(verdicts),
    ...(log ? verdicts.filter((one) => one.log.length > 0).map(logOf) : []),
    summary(verdicts),
  ];
  return `${parts.join("\n\n")}\n`;
}

const HEAD: readonly string[] = ["program", "verdict", "insns", "jited", "processed", "states", "peak", "stack", "µs"];
/** Columns of text; numbers stand to the right. */
const TEXTS = 2;

function cellsOf({ program, verdict, instructions, info, statistics }: ProgramVerdict): string[] {
  const { processedInsns, totalStates, peakStates, stackDepth, verificationTime } = statistics ?? {};
  const numbers = [instructions, info?.jitedSize, processedInsns, totalStates, peakStates];
  const shown = numbers.map((number) => number?.toString() ?? "");
  return [program, verdict, ...shown, stackDepth?.join("+") ?? "", verificationTime?.toString() ?? ""];
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column < TEXTS ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** What is wrong with the whole object is the same for all its programs, and is said once. */
function refusals(verdicts: readonly ProgramVerdict[]): string[] {
  const byMessage = new Map<string, { error: ProgramError; programs: string[] }>();
  for (const { program, error } of verdicts) {
    if (error === undefined) continue;
    const same = byMessage.get(error.message);
    if (same === undefined) byMessage.set(error.message, { error, programs: [program] });
    else same.programs.push(program);
  }
  return [...byMessage.values()].map(({ error, programs }) => {
    const lines = error.excerpt === "" ? [] : error.excerpt.split("\n").map((line) => `  | ${line}`);
    const hints = error.hints.map((hint) => `  ${hint}`);
    return [`${programs.join(", ")}: ${error.message}`, ...lines, ...hints].join("\n");
  });
}

function logOf({ program, log }: ProgramVerdict): string {
  return [`The verifier's log of ${program}:`, ...log].join("\n");
}

function summary(verdicts: readonly ProgramVerdict[]): string {
  const count = (verdict: ProgramVerdict["verdict"]): number =>
    verdicts.filter((one) => one.verdict === verdict).length;
  const skipped = count("skipped") > 0 ? `, ${count("skipped")} skipped (SEC("?…"), name them with --program)` : "";
  return `${count("ok")} ok, ${count("refused")} refused${skipped}`;
}
