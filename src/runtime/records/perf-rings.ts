import { CloseStack } from "../close-stack.ts";
import { KernelError } from "../errors.ts";
import { onlineCpus } from "../kernel/cpus.ts";
import { ENODEV } from "../sys/errno.ts";
import type { Fd } from "../sys/fd.ts";
import { PerfRing, type PerfRingSettings } from "./perf-ring.ts";

/** The rings of a perf event array: one for each CPU that runs and has a place in the map. */
export class PerfRings {
  readonly settings: PerfRingSettings;
  readonly #map: Fd;
  readonly #places: number;
  readonly #byCpu = new Map<number, PerfRing>();

  /** `places` is how many CPUs the map has room for. Throws a `KernelError`; nothing is left then. */
  constructor(map: Fd, places: number, settings: PerfRingSettings) {
    this.#map = map;
    this.#places = places;
    this.settings = settings;
    try {
      this.openOnline();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get all(): readonly PerfRing[] {
    return [...this.#byCpu.values()];
  }

  /** Opens the rings of CPUs that did not run before. libbpf looks once, in `perf_buffer__new`. */
  openOnline(): void {
    for (const cpu of onlineCpus()) {
      if (cpu >= this.#places || this.#byCpu.has(cpu)) continue;
      const ring = openUnlessGone(this.#map, cpu, this.settings);
      if (ring !== undefined) this.#byCpu.set(cpu, ring);
    }
  }

  close(): void {
    const rings = new CloseStack();
    for (const ring of this.all) rings.add(ring);
    this.#byCpu.clear();
    rings.close();
  }
}

function openUnlessGone(map: Fd, cpu: number, settings: PerfRingSettings): PerfRing | undefined {
  try {
    return PerfRing.open(map, cpu, settings);
  } catch (error) {
    // It was switched off since it was listed.
    if (error instanceof KernelError && error.errno === ENODEV) return undefined;
    throw error;
  }
}
