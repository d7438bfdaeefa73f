import type { Limits } from "./limits.ts";

/** Compares two NUL-terminated strings by their bytes, as `strcmp` does. */
export function compareNames(strings: Uint8Array, a: number, b: number, limits: Limits): number {
  if (a === b) return 0;
  for (let i = 0; ; i++) {
    const left = strings[a + i] ?? 0;
    const right = strings[b + i] ?? 0;
    if (left === right && left !== 0) continue;
    limits.spend(i);
    return left - right;
  }
}
