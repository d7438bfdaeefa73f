// Runs the program whose descriptor is 3 until it says that all records are sent; see soak.ts.
import { testRun } from "../../src/runtime/sys/test-run.ts";

const perRun = 20_000;
const pause = new Int32Array(new SharedArrayBuffer(4));

for (let run = 0; ; run++) {
  // Now and then it goes on when the buffer is full, and records are lost.
  const flood = run % 50 === 49 ? 1 : 0;
  const context = new Uint8Array(Uint32Array.of(perRun, flood).buffer);
  const { returnValue } = testRun(3, { context, doing: "sending records" });
  if (returnValue !== 0) break;
  if (flood === 0) Atomics.wait(pause, 0, 0, 1);
}
