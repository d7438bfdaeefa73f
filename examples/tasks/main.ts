// Lists the processes and threads of this machine, without /proc. Needs root.
//   main.ts [--threads]
import { tasks, Task } from "./tasks.skel.js";

const threads = process.argv.includes("--threads");

using skel = tasks.load();
using link = skel.progs.list.attachIter();

console.log("TID     PID     PPID    UID     AGE          CPU ms  COMM");
for (const task of link.records(Task)) {
  if (!threads && task.tid !== task.pid) continue;
  const ids = [task.tid, task.pid, task.ppid, task.uid].map((id) => String(id).padEnd(7)).join(" ");
  const age = `${(Number(task.age_ns) / 1e9).toFixed(1)} s`;
  console.log(`${ids} ${age.padEnd(12)} ${(Number(task.cpu_ns) / 1e6).toFixed(0).padStart(6)}  ${task.comm}`);
}
