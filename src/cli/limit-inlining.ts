import { setFlagsFromString } from "node:v8";

/**
 * Makes V8 put fewer functions into others when it optimizes them. What runs for a fraction of a second spends more time
 * on that than it can win back: of the 600 ms of processor time that vmlinux.h took, it was 100, of 430 ms by the clock 50.
 */
export function limitInlining(): void {
  setFlagsFromString("--max-inlined-bytecode-size-cumulative=250");
}
