// Counts the files that each process opens, and reports those that open many. Needs root. Ctrl-C ends it.
//   main.ts [report after every N opens]
import { opencount } from "./opencount.skel.js";

const stop = new AbortController();
process.once("SIGINT", () => {
  stop.abort();
});

const opened = opencount.open();
opened.rodata.report_every = BigInt(process.argv[2] ?? 100);
opened.maps.opens_by_pid.maxEntries = 4096;

using skel = opened.load();
skel.attach();

for await (const report of skel.maps.reports.records({ signal: stop.signal })) {
  console.log(`${report.comm} (${report.pid}) has opened ${report.opens} files, the last one is ${report.filename}`);
}

console.log(
  `\n${skel.bss.total_opens} files were opened, ${skel.bss.dropped_reports} reports were dropped. Most files:`,
);
const counts = [...skel.maps.opens_by_pid].sort(([, a], [, b]) => Number(b - a));
for (const [pid, opens] of counts.slice(0, 10)) console.log(`${String(pid).padEnd(8)} ${opens}`);
