import { setFlagsFromString } from "node:v8";

/**
 * Makes V8 put fewer functions into others when it optimizes them. What runs for a tenth of a second spends more time on
 * that than it can win back: a third of the processor time of writing a kernel's types as C.
 */
export function limitInlining(): void {
  setFlagsFromString("--max-inlined-bytecode-size-cumulative=250");
}
