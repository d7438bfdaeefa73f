import type { Program } from "../programs/program.ts";
import { BpfMap, type MapHandle } from "./bpf-map.ts";
import { Cells } from "./cells.ts";
import { indexWire } from "./index-wire.ts";
import { targetWire } from "./redirect-target.ts";
import type { Wire } from "./wire.ts";

/** How many packets wait for a CPU; and an XDP program that they meet there (Linux 5.9). */
export type CpuTarget =
  | number
  | {
      readonly qsize: number;
      /** A program with the section "xdp/cpumap", or the number of its descriptor. */
      readonly program?: Program | number | undefined;
    };

/** What a map of CPUs has for one: how many packets can wait, and the kernel's id of the program. */
export interface CpuQueue {
  readonly qsize: number;
  readonly programId: number | undefined;
}

/** CPUs that XDP programs redirect packets to, by number: `BPF_MAP_TYPE_CPUMAP`. */
export class CpuMap extends BpfMap {
  readonly #cells: Cells<number, CpuTarget, number, CpuQueue>;

  constructor(handle: MapHandle) {
    super(handle);
    this.#cells = new Cells(handle, indexWire(handle), queueWire(handle));
  }

  get length(): number {
    return this.maxEntries;
  }

  /** Gives a CPU a queue of `qsize` packets, at most 16,384. */
  set(cpu: number, target: CpuTarget): this {
    this.#cells.set(cpu, target);
    return this;
  }

  /** The queue of a CPU, undefined when it has none. */
  get(cpu: number): CpuQueue | undefined {
    return this.#cells.get(cpu);
  }

  /** Takes a CPU's queue away. The kernel doesn't say whether there was one. */
  delete(cpu: number): void {
    this.#cells.delete(cpu);
  }
}

function queueWire(handle: MapHandle): Wire<CpuTarget, CpuQueue> {
  const wire = targetWire(handle);
  return {
    size: wire.size,
    read: (from, at) => {
      const { number, programId } = wire.read(from, at);
      return { qsize: number, programId };
    },
    write: (to, at, value) => {
      const { qsize, program } = typeof value === "object" ? value : { qsize: value, program: undefined };
      wire.write(to, at, { number: qsize, program });
    },
  };
}
