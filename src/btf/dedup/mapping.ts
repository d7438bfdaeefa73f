import { Candidates } from "./candidates.ts";
import type { RawTypes } from "./raw-types.ts";

/** A kernel takes 60 for each type: hostile types can make comparing them take for ever. */
const STEPS_PER_TYPE = 300;
const STEPS_AT_LEAST = 1_000_000;

const UNKNOWN = 0xffff_ffff;
const IN_PROGRESS = 0xffff_fffe;
/** The largest id that there can be (`BTF_MAX_NR_TYPES`). */
const LARGEST_ID = 0x7fff_ffff;

/** Which type stands for which other one, as far as it is known (libbpf: `struct btf_dedup`). */
export class Mapping {
  readonly types: RawTypes;
  readonly candidates: Candidates = new Candidates();
  readonly #map: Uint32Array;
  #steps: number;

  constructor(types: RawTypes) {
    this.types = types;
    this.#map = new Uint32Array(types.typeCount).fill(UNKNOWN);
    this.#steps = STEPS_AT_LEAST + STEPS_PER_TYPE * types.typeCount;
    for (let id = 0; id < types.typeCount; id++) {
      const kind = types.kind(id);
      if (id < types.firstId || kind === "var" || kind === "datasec") this.#map[id] = id;
    }
  }

  set(id: number, representative: number): void {
    this.#map[id] = representative;
  }

  setInProgress(id: number): void {
    this.#map[id] = IN_PROGRESS;
  }

  isInProgress(id: number): boolean {
    return this.#map[id] === IN_PROGRESS;
  }

  /** Whether it is known what stands for the type, be it the type itself. */
  isMapped(id: number): boolean {
    return (this.#map[id] ?? UNKNOWN) <= LARGEST_ID;
  }

  /** Whether the type stands for itself. */
  isCanonical(id: number): boolean {
    return this.#map[id] === id;
  }

  /** What stands for the type, as far as it is known. */
  resolve(id: number): number {
    let at = id;
    for (let next = this.#map[at] ?? UNKNOWN; next <= LARGEST_ID && next !== at; next = this.#map[at] ?? UNKNOWN) {
      at = next;
      this.countStep();
    }
    return at;
  }

  /** The struct or union that a forward declaration was found to be; any other type, and one that is still open, is itself. */
  resolveForward(id: number): number {
    if (this.types.kind(id) !== "fwd") return id;
    const found = this.resolve(id);
    return this.types.kind(found) === "fwd" ? id : found;
  }

  countStep(): void {
    if (this.#steps-- === 0) this.types.fail("its types can't be deduplicated: comparing them takes too long");
  }
}
