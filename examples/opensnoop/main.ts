// Prints every file that is opened on this machine. Needs root. Ctrl-C ends it.
//   main.ts [--failed] [PID]
import { getSystemErrorName } from "node:util";
import { opensnoop } from "./opensnoop.skel.js";

const stop = new AbortController();
process.once("SIGINT", () => {
  stop.abort();
});

const [pid] = process.argv.slice(2).filter((word) => word !== "--failed");
using skel = opensnoop.load({
  rodata: { only_failed: process.argv.includes("--failed"), only_pid: Number(pid ?? 0) },
});
skel.attach();

console.log("PID     COMM             RESULT  FILE");
for await (const event of skel.maps.events.records({ signal: stop.signal })) {
  const result = event.result < 0 ? getSystemErrorName(event.result) : String(event.result);
  console.log(`${String(event.pid).padEnd(7)} ${event.comm.padEnd(16)} ${result.padEnd(7)} ${event.filename}`);
}
if (skel.bss.dropped > 0n) console.error(`${skel.bss.dropped} events found no room and were dropped`);
