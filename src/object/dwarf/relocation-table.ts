import type { ByteReader } from "../../btf/bytes.ts";
import { SHT_REL, type Elf } from "../elf/elf.ts";

const RELOCATION_SIZE = 16;

/** What a relocation adds: the value of a symbol. */
export interface Relocation {
  /** `R_BPF_*`. */
  readonly type: number;
  /** Index in the symbol table. */
  readonly symbol: number;
}

/**
 * One section of relocations, searched in its bytes.
 *
 * `Elf.relocations` makes objects of all of them, which for debug info (tens of thousands, of which ten are needed)
 * takes longer than everything else that is done with it.
 */
export class RelocationTable {
  readonly #file: ByteReader;
  readonly #count: number;
  /** Entry numbers by place, for a table that is not in order. */
  readonly #byPlace: ReadonlyMap<number, number> | undefined;

  constructor(file: ByteReader) {
    this.#file = file;
    this.#count = Math.floor(file.length / RELOCATION_SIZE);
    this.#byPlace = this.#isSorted()
      ? undefined
      : new Map(Array.from({ length: this.#count }, (_, entry) => [this.#place(entry), entry]));
  }

  /** The relocation for the number that begins at byte `place` of the section. */
  at(place: number): Relocation | undefined {
    const entry = this.#byPlace === undefined ? this.#search(place) : this.#byPlace.get(place);
    if (entry === undefined) return undefined;
    // r_info is one 64-bit number, the symbol in its high half: which half comes first depends on the byte order.
    const info = entry * RELOCATION_SIZE + 8;
    const [type, symbol] = this.#file.littleEndian ? [info, info + 4] : [info + 4, info];
    return { type: this.#file.u32(type), symbol: this.#file.u32(symbol) };
  }

  #search(place: number): number | undefined {
    let low = 0;
    let high = this.#count - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.#place(middle);
      if (found === place) return middle;
      if (found < place) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  /** Compilers write them in order; nothing says that they must. */
  #isSorted(): boolean {
    const { bytes, littleEndian } = this.#file;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let before = -1;
    for (let at = littleEndian ? 0 : 4, end = this.#count * RELOCATION_SIZE; at < end; at += RELOCATION_SIZE) {
      const place = view.getUint32(at, littleEndian);
      if (place <= before) return false;
      before = place;
    }
    return true;
  }

  /** The low half of `r_offset`: no section is larger than 4 GB. */
  #place(entry: number): number {
    return this.#file.u32(entry * RELOCATION_SIZE + (this.#file.littleEndian ? 0 : 4));
  }
}

/** The tables that apply to the section with this index. */
export function relocationTables(elf: Elf, section: number): RelocationTable[] {
  return elf.sections
    .filter((table) => table.type === SHT_REL && table.info === section)
    .map((table) => new RelocationTable(elf.reader(table)));
}
