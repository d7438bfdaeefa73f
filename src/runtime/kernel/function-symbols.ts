import { readFileSync } from "node:fs";

/** The names of the kernel's functions and its modules', each once; none where they can't be read. */
export function functionSymbols(symbols: string = symbolsIfReadable()): string[] {
  return [...new Set(Array.from(symbols.matchAll(/^[0-9a-f]+ [tT] (\S+)/gmu), ([, name = ""]) => name))];
}

/** The text of /proc/kallsyms, empty where it can't be read: those who ask have something else to say then. */
export function symbolsIfReadable(): string {
  return textIfReadable("/proc/kallsyms");
}

/** The text of a file of the kernel's, empty where it can't be read. */
export function textIfReadable(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
