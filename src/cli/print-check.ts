import type { Cell, Matrix, Problem, Row } from "./check-matrix.ts";

/** The matrix as a table of at most `width` columns, only with the rows where any kernel differs; problems below it. */
export function printMatrix(fileName: string, matrix: Matrix, width: number): string {
  const { kernels, rows, problems } = matrix;
  const changed = rows.filter(({ cells }) => cells.some(({ verdict }) => verdict !== "same"));
  const same = rows.length - changed.length;
  const parts = [
    `${fileName}: ${count(rows.length, "relocation")} on ${count(kernels.length, "kernel")}, ${same} the same on all`,
    kernels.map((name, index) => `  ${letter(index)}  ${name}`).join("\n"),
    table(changed, kernels.length, width),
    ...onePerPlace(problems),
    verdictLine(problems),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** A, B … Z, AA: a column of a table has no room for a kernel's name. */
function letter(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : `${letter(Math.floor(index / 26) - 1)}${last}`;
}

function table(rows: readonly Row[], kernels: number, width: number): string {
  if (rows.length === 0) return "";
  const lines = [...new Set(rows.map((row) => JSON.stringify(cellsOf(row))))].map(
    (line) => JSON.parse(line) as string[],
  );
  const head = ["", ...Array.from({ length: kernels }, (_, index) => letter(index))];
  const all = [head, ...lines];
  const widths = head.map((_, column) => Math.max(...all.map((line) => (line[column] ?? "").length)));
  const others = widths.slice(1).reduce((sum, column) => sum + column + 2, 0);
  const first = Math.max(20, Math.min(widths[0] ?? 0, width - others - 2));
  return all
    .map(([name = "", ...cells]) => {
      const columns = cells.map((cell, index) => cell.padEnd(widths[index + 1] ?? 0));
      return `  ${shortened(name, first).padEnd(first)}  ${columns.join("  ")}`.trimEnd();
    })
    .join("\n");
}

function cellsOf(row: Row): string[] {
  return [`${row.kind} ${row.field}`.trim(), ...row.cells.map(cellText)];
}

function cellText({ verdict, oldValue, newValue }: Cell): string {
  switch (verdict) {
    case "moved":
      return `${oldValue}→${newValue}`;
    case "missing":
    case "unsafe":
    case "refused":
      return verdict.toUpperCase();
    case "same":
    case "resized":
    case "absent":
    case "guarded":
      return verdict;
  }
}

function shortened(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** The same field read in a line with two instructions, or missing on three kernels, is one problem to its author. */
function onePerPlace(problems: readonly Problem[]): string[] {
  const kernels = new Map<string, Set<string>>();
  for (const { where, kernel, text, remedy } of problems) {
    const key = `${where}: ${text} ${remedy}`;
    kernels.set(key, (kernels.get(key) ?? new Set()).add(kernel));
  }
  return [[...kernels].map(([text, names]) => `${text} (${[...names].join(", ")})`).join("\n")];
}

function verdictLine(problems: readonly Problem[]): string {
  const bad = new Set(problems.map(({ kernel }) => kernel));
  if (bad.size === 0) return "It runs on all of them, as far as relocations tell.";
  return `It does not run on ${[...bad].join(", ")}, unless that code is never reached.`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
