import { CoreGenError } from "../../errors.ts";
import { u32 } from "../codecs.ts";
import { BpfMap, type MapHandle } from "./bpf-map.ts";
import { Cells } from "./cells.ts";
import { listedKeys } from "./chunks.ts";
import type { Wire } from "./wire.ts";

/** Flag of maps that hold places in files instead of addresses: `struct bpf_stack_build_id`. */
const BPF_F_STACK_BUILD_ID = 0x20;

/**
 * Call stacks by the number that `bpf_get_stackid()` returned: `BPF_MAP_TYPE_STACK_TRACE`.
 *
 * @example
 * const symbols = kernelSymbols();
 * for (const address of skel.maps.stacks.get(id) ?? []) console.log(symbols.find(address)?.name);
 */
export class StackTraceMap extends BpfMap {
  readonly #cells: Cells<number, never, number, bigint[]>;
  readonly #hasAddresses: boolean;

  constructor(handle: MapHandle) {
    super(handle);
    this.#hasAddresses = ((handle.flags ?? 0) & BPF_F_STACK_BUILD_ID) === 0;
    this.#cells = new Cells(handle, u32, addresses(handle.valueSize));
  }

  /** The addresses of a stack, the innermost first; undefined when there is no such stack, or no longer. */
  get(id: number): bigint[] | undefined {
    this.#checkAddresses();
    return this.#cells.get(id);
  }

  has(id: number): boolean {
    return this.#cells.has(id);
  }

  /** Forgets a stack; false when there was none. */
  delete(id: number): boolean {
    return this.#cells.delete(id);
  }

  /** The numbers of all stacks that are there now. */
  keys(): number[] {
    return listedKeys(this.#cells.source, u32);
  }

  /** All stacks with their numbers. */
  *entries(): Generator<[number, bigint[]], void> {
    for (const id of this.keys()) {
      const stack = this.get(id);
      if (stack !== undefined) yield [id, stack];
    }
  }

  [Symbol.iterator](): Generator<[number, bigint[]], void> {
    return this.entries();
  }

  /** Forgets all stacks that are there now. */
  clear(): void {
    for (const id of this.keys()) this.delete(id);
  }

  #checkAddresses(): void {
    if (this.#hasAddresses) return;
    throw new CoreGenError("unsupported", `reading a stack of map "${this.name}": it holds build ids, not addresses`, {
      hints: ["Leave BPF_F_STACK_BUILD_ID out of the map's flags."],
    });
  }
}

/** What is behind the outermost address is zero. */
function addresses(size: number): Wire<never, bigint[]> {
  return {
    size,
    read: (from, at) => {
      const all: bigint[] = [];
      for (let offset = 0; offset + 8 <= size; offset += 8) {
        const address = from.u64(at + offset);
        if (address === 0n) break;
        all.push(address);
      }
      return all;
    },
    // Only programs store stacks.
    write: () => undefined,
  };
}
