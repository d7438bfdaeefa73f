// Prints every program that is started on this machine. Needs root. Ctrl-C ends it.
import { execs } from "./execs.skel.js";

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());

using skel = execs.load();
skel.attach();

console.log("PID     PPID    COMM             FILENAME");
for await (const event of skel.maps.events.records({ signal: stop.signal })) {
  const { pid, ppid, comm, filename } = event;
  console.log(`${String(pid).padEnd(7)} ${String(ppid).padEnd(7)} ${comm.padEnd(16)} ${filename}`);
}
console.log(`\n${skel.bss.total} programs were started`);
