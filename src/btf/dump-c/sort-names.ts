import type { Limits } from "./limits.ts";

/** Bytes that are compared at once: with a position of up to 29 bits they are a number that is exact. */
const AT_ONCE = 3;
const POSITIONS = 2 ** 29;
/** Shorter runs are sorted by comparing. */
const SHORT_RUN = 16;

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

/** A run of names, `[from, to)` of the sorted ones, that are equal in their first `depth` bytes. */
interface Run {
  readonly from: number;
  readonly to: number;
  readonly depth: number;
}

/**
 * Sorts name offsets by the bytes of the names, in place. Sorts runs of equal beginnings by the next bytes as numbers,
 * because calling a comparison half a million times is what would take the time.
 */
export function sortNames(strings: Uint8Array, offsets: Uint32Array, limits: Limits): void {
  const runs: Run[] = [{ from: 0, to: offsets.length, depth: 0 }];
  for (let run = runs.pop(); run !== undefined; run = runs.pop()) {
    limits.spend(run.to - run.from);
    if (run.to - run.from <= SHORT_RUN) sortByComparing(strings, offsets, run, limits);
    else sortByNextBytes(strings, offsets, run, runs);
  }
}

function sortByComparing(strings: Uint8Array, offsets: Uint32Array, { from, to, depth }: Run, limits: Limits): void {
  for (let i = from + 1; i < to; i++) {
    const offset = offsets[i] ?? 0;
    let at = i;
    for (; at > from; at--) {
      const before = offsets[at - 1] ?? 0;
      if (compareNames(strings, before + depth, offset + depth, limits) <= 0) break;
      offsets[at] = before;
    }
    offsets[at] = offset;
  }
}

function sortByNextBytes(strings: Uint8Array, offsets: Uint32Array, { from, to, depth }: Run, runs: Run[]): void {
  const before = offsets.slice(from, to);
  const keys = new Float64Array(to - from);
  for (let i = 0; i < keys.length; i++) keys[i] = nextBytes(strings, (before[i] ?? 0) + depth) * POSITIONS + i;
  keys.sort();
  let start = 0;
  let bytes = 0;
  keys.forEach((key, i) => {
    const next = Math.floor(key / POSITIONS);
    offsets[from + i] = before[key - next * POSITIONS] ?? 0;
    if (next === bytes) return;
    addRun(runs, { from: from + start, to: from + i, depth }, bytes);
    start = i;
    bytes = next;
  });
  addRun(runs, { from: from + start, to, depth }, bytes);
}

/** What is equal in those bytes, too, and goes on, is to be sorted by what follows. */
function addRun(runs: Run[], { from, to, depth }: Run, bytes: number): void {
  const isUnfinished = (bytes & 0xff) !== 0;
  if (isUnfinished && to - from > 1) runs.push({ from, to, depth: depth + AT_ONCE });
}

/** The next bytes as a number; behind the end they are zeros. */
function nextBytes(strings: Uint8Array, at: number): number {
  const first = strings[at] ?? 0;
  if (first === 0) return 0;
  const second = strings[at + 1] ?? 0;
  if (second === 0) return first << 16;
  return (first << 16) | (second << 8) | (strings[at + 2] ?? 0);
}
