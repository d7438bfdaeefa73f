import { setFlagsFromString } from "node:v8";
import { setImmediate as turn } from "node:timers/promises";
import { runInNewContext } from "node:vm";

/** Collects all garbage now, and lets those run who wait for something to be collected. */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // What the first round frees may have held on to more.
  for (let round = 0; round < 3; round++) {
    collect();
    await turn();
  }
}
