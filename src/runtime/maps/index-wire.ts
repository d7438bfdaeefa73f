import { IndexError, show } from "../value-checks.ts";
import type { MapHandle } from "./bpf-map.ts";
import type { Wire } from "./wire.ts";

/** The keys of an array: a u32. Writing throws a RangeError when the array has no such element. */
export function indexWire({ name, maxEntries }: MapHandle): Wire<number> {
  return {
    size: 4,
    read: (from, at) => from.u32(at),
    write: (to, at, index) => {
      if (!Number.isInteger(index) || index < 0 || index >= maxEntries) throw outside(index, name, maxEntries);
      to.setU32(at, index);
    },
  };
}

/** The error for an index that an array doesn't have. */
export function outside(index: unknown, name: string, length: number): RangeError {
  const elements = length === 1 ? "1 element" : `${length} elements`;
  return new IndexError(`index ${show(index)} is outside of map "${name}", which has ${elements}`);
}
