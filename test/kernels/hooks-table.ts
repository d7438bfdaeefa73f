import { existsSync, readFileSync, writeFileSync } from "node:fs";

import { format } from "prettier";

/** What the suite said about hooks under one kernel: its notes, as check-hook.ts prints them. */
export interface HooksUnder {
  readonly kernel: string;
  readonly notes: readonly string[];
}

const FIRED = "fired";

const INTRODUCTION = `# Hooks and kernels

Written by \`npm run test:kernels -- --suite hooks --hooks docs/hooks.md host 5.10 6.1 6.12 newest\`. "fired" means: under that kernel a test has attached a program,
triggered the hook, seen the program's effect, and seen
none after detaching. Otherwise the cell says why that kernel can't.
`;

/**
 * Writes the table of what fires where, keeping the columns of kernels that did not run, and says what has changed in
 * the others: one line for each hook that no longer is what the table said.
 */
export async function updateHooksTable(file: string, outcomes: readonly HooksUnder[]): Promise<string[]> {
  const before = existsSync(file) ? readTable(readFileSync(file, "utf8")) : new Map<string, Map<string, string>>();
  const columns = new Map(before);
  for (const { kernel, notes } of outcomes) {
    const cells = readNotes(notes);
    if (cells.size > 0) columns.set(kernel, cells);
  }
  writeFileSync(file, await format(printTable(columns), { parser: "markdown" }));
  return outcomes.flatMap(({ kernel }) => differences(kernel, before.get(kernel), columns.get(kernel)));
}

function readNotes(notes: readonly string[]): Map<string, string> {
  const cells = notes.map((note) => /^# hook \| (?<hook>[^|]+) \| (?<outcome>.+)$/u.exec(note)?.groups);
  return new Map(cells.flatMap((cell) => (cell === undefined ? [] : [[cell["hook"]!, cell["outcome"]!] as const])));
}

/** By kernel, what each hook does. */
function readTable(text: string): Map<string, Map<string, string>> {
  const rows = text
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const [head = [], , ...body] = rows;
  const columns = new Map(head.slice(1).map((kernel) => [kernel, new Map<string, string>()]));
  for (const [hook = "", ...cells] of body)
    for (const [index, cell] of cells.entries()) if (cell !== "") columns.get(head[index + 1]!)?.set(hook, cell);
  return columns;
}

function printTable(columns: ReadonlyMap<string, ReadonlyMap<string, string>>): string {
  const kernels = [...columns.keys()];
  const hooks = [...new Set([...columns.values()].flatMap((cells) => [...cells.keys()]))];
  const rows = [
    ["hook", ...kernels],
    ["hook", ...kernels].map(() => "---"),
    ...hooks.map((hook) => [hook, ...kernels.map((kernel) => columns.get(kernel)?.get(hook) ?? "")]),
  ];
  return `${INTRODUCTION}\n${rows.map((cells) => `| ${cells.join(" | ")} |\n`).join("")}`;
}

function differences(
  kernel: string,
  before: ReadonlyMap<string, string> | undefined,
  after: ReadonlyMap<string, string> | undefined,
): string[] {
  if (before === undefined) return [];
  const hooks = new Set([...before.keys(), ...(after?.keys() ?? [])]);
  return [...hooks]
    .filter((hook) => (before.get(hook) === FIRED) !== (after?.get(hook) === FIRED))
    .map(
      (hook) =>
        `${hook} under ${kernel}: ${after?.get(hook) ?? "not tried"}; the table said ${before.get(hook) ?? "nothing"}`,
    );
}
