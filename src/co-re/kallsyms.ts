/** An address of the kernel in /proc/kallsyms: one line is `ffffffff81000000 T _stext`, or `… t name	[module]`. */
const LINE = /^([0-9a-f]+) (.) (\S+)/u;

/**
 * The different addresses that a symbol has in the text of /proc/kallsyms: several, when functions or variables of the
 * same name are in several files. Data that the compiler has renamed to `name.llvm.1234` counts
 * (libbpf: `kallsyms_cb`).
 */
export function addressesOf(kallsyms: string, name: string): bigint[] {
  const found = new Set<bigint>();
  for (let at = kallsyms.indexOf(` ${name}`); at >= 0; at = kallsyms.indexOf(` ${name}`, at + 1)) {
    const start = kallsyms.lastIndexOf("\n", at) + 1;
    const [, address = "", type, symbol = ""] = LINE.exec(lineAt(kallsyms, start)) ?? [];
    if (symbol === name || (type === "d" && symbol.startsWith(`${name}.llvm.`))) found.add(BigInt(`0x${address}`));
  }
  return [...found];
}

/** Whether the kernel shows no address to this process: all are 0 then. */
export function addressesAreHidden(kallsyms: string): boolean {
  return kallsyms !== "" && !/^0*[1-9a-f]/mu.test(kallsyms);
}

/** The names of all symbols. */
export function symbolNames(kallsyms: string): Set<string> {
  return new Set(kallsyms.split("\n").map((line) => LINE.exec(line)?.[3] ?? ""));
}

function lineAt(text: string, start: number): string {
  const end = text.indexOf("\n", start);
  return text.slice(start, end < 0 ? text.length : end);
}
