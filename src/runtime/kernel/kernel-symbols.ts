import { addressesAreHidden } from "../../co-re/kallsyms.ts";
import { CoreGenError } from "../../errors.ts";
import { symbolsIfReadable } from "./function-symbols.ts";

/** A function of the kernel, and how far behind its start an address is. */
export interface KernelSymbol {
  readonly name: string;
  /** In bytes. */
  readonly offset: number;
  /** The kernel module that it is in, "bpf" for programs; undefined for the kernel itself. */
  readonly module: string | undefined;
}

/** The kernel's functions as they were at one moment: modules and programs come and go. */
export class KernelSymbols {
  readonly #addresses: BigUint64Array;
  readonly #lines: readonly string[];

  /** `lines` are those of /proc/kallsyms, in any order. */
  constructor(lines: readonly string[]) {
    const known = lines.filter((line) => /^[0-9a-f]{16} [tTwW] /u.test(line)).sort();
    this.#lines = known;
    this.#addresses = BigUint64Array.from(known, (line) => BigInt(`0x${line.slice(0, 16)}`));
  }

  /** The function that an address is in: the last one that does not begin behind it; undefined before all of them. */
  find(address: bigint): KernelSymbol | undefined {
    const at = this.#lastUpTo(address);
    const line = this.#lines[at];
    const start = this.#addresses[at];
    if (line === undefined || start === undefined) return undefined;
    const [, , name = "", module] = line.split(/\s+/u);
    return { name, offset: Number(address - start), module: module?.slice(1, -1) };
  }

  /** -1 when all of them begin behind it. */
  #lastUpTo(address: bigint): number {
    let [low, high] = [0, this.#addresses.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#addresses[middle] ?? 0n) <= address) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/**
 * Reads the kernel's symbols, for the addresses in call stacks: some hundred thousand, so once for many addresses.
 *
 * Throws a `CoreGenError` with code `permission` where the kernel doesn't show its addresses to this process.
 */
export function kernelSymbols(): KernelSymbols {
  const symbols = symbolsIfReadable();
  if (symbols === "" || addressesAreHidden(symbols))
    throw new CoreGenError("permission", "reading the kernel's symbols: /proc/kallsyms shows no addresses", {
      hints: ["Root sees them, unless /proc/sys/kernel/kptr_restrict is 2."],
    });
  return new KernelSymbols(symbols.split("\n"));
}
