import { readdirSync, readFileSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";

import { opencount } from "../examples/opencount/opencount.skel.ts";

/** What a process holds: open descriptors, memory mappings, and megabytes of memory. */
export interface Held {
  readonly descriptors: number;
  readonly mappings: number;
  readonly heap: number;
  readonly buffers: number;
  readonly resident: number;
}

/**
 * Opens, loads and closes one object `times` times, and says what the process holds in between. Needs root; run it with
 * `node --expose-gc`, or the memory has what was not collected yet in it.
 *
 *     NODE_OPTIONS=--expose-gc npm run bench -- leaks
 */
export async function benchLeaks(times = 10_000, steps = 10): Promise<void> {
  console.log(`open, load and close opencount ${times} times${globalThis.gc ? "" : " (without --expose-gc)"}:`);
  console.log("   times  descriptors  mappings  heap MB  buffers MB  resident MB   ms each");
  let done = 0;
  for (let step = 0; step <= steps; step++) {
    const until = Math.round((times * step) / steps);
    const start = performance.now();
    const count = until - done;
    for (; done < until; done++) await loadOnce();
    const each = count === 0 ? "" : ((performance.now() - start) / count).toFixed(2);
    const { descriptors, mappings, heap, buffers, resident } = await held();
    const cells = [`${done}`.padStart(8), `${descriptors}`.padStart(13), `${mappings}`.padStart(10)];
    const memory = [heap, buffers, resident].map((mb, at) => mb.toFixed(1).padStart([9, 12, 13][at] ?? 0));
    console.log(`${cells.join("")}${memory.join("")}${each.padStart(10)}`);
  }
}

/** One round, and a turn of the event loop: memory of closed maps is given back in one, after it was collected. */
export async function loadOnce(): Promise<void> {
  const skel = opencount.load();
  skel.close();
  if (skel.warnings.length > 0) throw new Error(skel.warnings.join("; "));
  await turn();
}

/** What this process holds now, after everything was collected that can be. */
export async function held(): Promise<Held> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await turn();
  }
  const { heapUsed, arrayBuffers, external, rss } = process.memoryUsage();
  const megabytes = (bytes: number): number => bytes / 2 ** 20;
  return {
    descriptors: readdirSync("/proc/self/fd").length,
    mappings: readFileSync("/proc/self/maps", "utf8").split("\n").length,
    heap: megabytes(heapUsed),
    buffers: megabytes(Math.max(arrayBuffers, external)),
    resident: megabytes(rss),
  };
}
