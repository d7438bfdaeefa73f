import type { Fd } from "../../sys/fd.ts";

/** The keys of the map `__bpf_usdt_specs` that are in use; each link has some of its own (libbpf: `struct usdt_manager`). */
export class SpecIds {
  readonly #most: number;
  readonly #free: number[] = [];
  #next = 0;

  /** `most`: how many entries the map has. */
  constructor(most: number) {
    this.#most = most;
  }

  /** One that is free; undefined when all are taken. */
  take(): number | undefined {
    return this.#free.pop() ?? (this.#next < this.#most ? this.#next++ : undefined);
  }

  giveBack(ids: Iterable<number>): void {
    this.#free.push(...ids);
  }
}

const ofMaps = new WeakMap<Fd, SpecIds>();

/** The ids of a map, for as long as it is open. */
export function specIdsOf(map: Fd, most: number): SpecIds {
  const known = ofMaps.get(map);
  if (known !== undefined) return known;
  const fresh = new SpecIds(most);
  ofMaps.set(map, fresh);
  return fresh;
}
