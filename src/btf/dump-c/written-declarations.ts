import type { CText } from "./c-text.ts";

/**
 * Where a declaration of each type was written before: the next one is the same apart from the name, so that its bytes
 * can be copied. A kernel's structs have seven members for each type that members are of.
 */
export class WrittenDeclarations {
  readonly #out: CText;
  /** By id, twice: without a name, and with one. Start, the name's start and end, end; all 0 before there is one. */
  readonly #places: Uint32Array;

  constructor(out: CText, typeCount: number) {
    this.#out = out;
    this.#places = new Uint32Array(8 * typeCount);
  }

  /** Writes the declaration once more, with another name; false when there is none to copy. */
  repeat(id: number, nameOff: number, occurrence: number): boolean {
    const places = this.#places;
    const at = this.#placeOf(id, nameOff);
    const end = places[at + 3] ?? 0;
    if (end === 0) return false;
    this.#out.repeat(places[at] ?? 0, places[at + 1] ?? 0);
    this.#out.uniqueName(nameOff, occurrence);
    this.#out.repeat(places[at + 2] ?? 0, end);
    return true;
  }

  /** Remembers what was written last, from `start` on, with the name between `nameStart` and `nameEnd`. */
  remember(id: number, nameOff: number, start: number, nameStart: number, nameEnd: number): void {
    this.#places.set([start, nameStart, nameEnd, this.#out.length], this.#placeOf(id, nameOff));
  }

  #placeOf(id: number, nameOff: number): number {
    return 8 * id + (this.#out.isEmpty(nameOff) ? 0 : 4);
  }
}
