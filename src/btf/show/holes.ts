import type { StructType } from "../types.ts";
import type { MemberLayout } from "./layout.ts";

/** What lies between the members of a struct, in pahole's terms (`class__find_holes`). */
export interface Holes {
  /** Before the first member. */
  readonly first: Hole;
  /** Behind each member, before the next. */
  readonly behind: readonly Hole[];
  /** How many holes of bytes and bits there are. */
  readonly holes: number;
  readonly bitHoles: number;
  /** Behind the last member: bytes, and bits of a last bit-field's unit. */
  readonly padding: number;
  readonly bitPadding: number;
}

export interface Hole {
  readonly bytes: number;
  readonly bits: number;
}

/** Finds the holes between the members of a struct, and its padding. */
export function findHoles(type: StructType, members: readonly MemberLayout[]): Holes {
  const walk = new HoleWalk(type.size * 8);
  const holes = members.map((layout) => walk.next(layout));
  const { padding, bitPadding } = walk.end(type.size);
  return {
    first: holes[0] ?? { bytes: 0, bits: 0 },
    behind: [...holes.slice(1), { bytes: 0, bits: 0 }],
    holes: holes.filter(({ bytes }) => bytes !== 0).length,
    bitHoles: holes.filter(({ bits }) => bits !== 0).length,
    padding,
    bitPadding,
  };
}

/** Goes through the members in order and remembers how far the bits are taken. */
class HoleWalk {
  /** The first bit that no member has taken. */
  #free = 0;
  #inBitfield = false;
  /** The unit that the last bit-field lies in: where it ends, and how many bits it has. */
  #unitEnd: number;
  #unitSize = 0;

  constructor(bits: number) {
    this.#unitEnd = bits;
  }

  /** The hole before a member. */
  next({ member, byteOffset, byteSize }: MemberLayout): Hole {
    const start = member.bitOffset;
    let bits = this.#leaveUnit(start);
    let bytes = 0;
    if (member.bitSize > 0) {
      const unitStart = byteOffset * 8;
      // A unit of its own may begin behind bytes that belong to none.
      if (this.#free < unitStart && unitStart <= start) {
        bytes = byteOffset - Math.floor(this.#free / 8);
        this.#free = unitStart;
      }
      bits += start - this.#free;
      this.#free = start + member.bitSize;
      this.#enterUnit(unitStart, byteSize * 8);
    } else {
      bytes = Math.floor(start / 8) - Math.floor(this.#free / 8);
      this.#free = start + byteSize * 8;
      this.#inBitfield = false;
      this.#unitSize = 0;
      this.#unitEnd = this.#free;
    }
    return { bytes, bits };
  }

  end(size: number): { padding: number; bitPadding: number } {
    const bitPadding = this.#leaveUnit(size * 8);
    return { padding: size - Math.floor(this.#free / 8), bitPadding };
  }

  /** The bits of the current unit that stay free, up to `start`. */
  #leaveUnit(start: number): number {
    if (!this.#inBitfield) return 0;
    const end = Math.min(start, this.#unitEnd);
    const bits = end - this.#free;
    this.#free = end;
    return bits;
  }

  #enterUnit(unitStart: number, unitSize: number): void {
    this.#inBitfield = true;
    if (this.#free <= this.#unitEnd && unitSize <= this.#unitSize) return;
    this.#unitSize = unitSize;
    this.#unitEnd = unitStart + unitSize;
    // A bit-field of a packed struct can reach into the next unit.
    if (this.#free > this.#unitEnd) this.#unitEnd += unitSize;
  }
}
