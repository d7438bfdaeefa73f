import { readFileSync } from "node:fs";

/** The names of the kernel's functions and its modules', each once; none where they can't be read. */
export function functionSymbols(): string[] {
  return [...new Set(Array.from(symbols().matchAll(/^[0-9a-f]+ [tT] (\S+)/gmu), ([, name = ""]) => name))];
}

/** A list for hints: what went wrong before is worth more than why there is none. */
function symbols(): string {
  try {
    return readFileSync("/proc/kallsyms", "latin1");
  } catch {
    return "";
  }
}
