import { setFlagsFromString } from "node:v8";

/**
 * Makes V8 put no functions into others when it optimizes them. What runs for a fraction of a second spends more time and
 * memory on that than it can win back: a tenth of the processor time and of the pages that writing vmlinux.h takes.
 */
export function doWithoutInlining(): void {
  setFlagsFromString("--no-turbo-inlining");
}
