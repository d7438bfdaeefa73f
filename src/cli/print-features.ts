import type { HelperFacts, KernelFacts } from "./kernel-facts.ts";

/** The facts of a kernel as text for people, in lines of at most `width` columns. */
export function printFacts(facts: KernelFacts, width: number): string {
  const head = [
    `Linux ${facts.release}, ${facts.arch}`,
    `Types: ${facts.btf ?? "none, so CO-RE needs a file of them"}`,
  ];
  const parts = [
    head.join("\n"),
    answers("Types of programs", facts.programTypes, width),
    answers("Types of maps", facts.mapTypes, width),
    answers("Features", facts.features, width),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** Which helpers a type of programs may call. */
export function printHelpers({ programType, helpers }: HelperFacts, width: number): string {
  return `${answers(`Helpers of ${programType} programs`, helpers, width)}\n`;
}

function answers(title: string, facts: Readonly<Record<string, boolean>>, width: number): string {
  const names = Object.keys(facts);
  const [yes, no] = [true, false].map((answer) => names.filter((name) => facts[name] === answer));
  const lines = [...wrapped("  yes  ", yes ?? [], width), ...wrapped("  no   ", no ?? [], width)];
  return [`${title}: ${yes?.length ?? 0} of ${names.length}`, ...lines].join("\n");
}

/** Names behind a label, the further lines as far in as the first. */
function wrapped(label: string, names: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = label;
  for (const name of names) {
    if (line.trimEnd().length > label.trimEnd().length && line.length + name.length > width) {
      lines.push(line.trimEnd());
      line = " ".repeat(label.length);
    }
    line += `${name} `;
  }
  return names.length === 0 ? [] : [...lines, line.trimEnd()];
}
