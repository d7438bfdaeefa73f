import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";

import { execsnoop, type Event } from "../../examples/execsnoop/execsnoop.skel.ts";
import { opencount, type Report } from "../../examples/opencount/opencount.skel.ts";
import { check } from "./check.ts";

const EXECS = 50;

/** The committed examples, the same bytes under every kernel. */
export async function checkExamples(): Promise<void> {
  await check("execsnoop reports every exec with pid, ppid, comm and filename", execsnoopReportsExecs);
  await check("opencount counts opens, and reports every 10th", opencountCountsOpens);
  await check("a loop that waits ends when its signal is aborted", waitingLoopEnds);
}

async function execsnoopReportsExecs(): Promise<void> {
  using skel = execsnoop.load();
  skel.attach();
  const script = `i=0; while [ $i -lt ${EXECS} ]; do /bin/true & echo $!; wait $!; i=$((i+1)); done`;
  const shell = spawn("/bin/sh", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  shell.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const ended = new Promise((resolve) => shell.once("close", resolve));
  const events: Event[] = [];
  for await (const event of skel.maps.events) {
    if (event.ppid === shell.pid) events.push(event);
    if (events.length === EXECS) break;
  }
  await ended;
  const pids = output.trimEnd().split("\n").map(Number);
  assert.deepEqual(
    events,
    pids.map((pid) => ({ pid, ppid: shell.pid, comm: "sh", filename: "/bin/true" })),
  );
}

function opencountCountsOpens(): void {
  using skel = opencount.load({ rodata: { report_every: 10n } });
  skel.attach();
  for (let i = 0; i < 100; i++) closeSync(openSync("/proc/self/status", "r"));
  skel.detach();
  assert.equal(skel.maps.opens_by_pid.get(process.pid), 100n);
  assert.ok(skel.bss.total_opens >= 100n, `total_opens is ${skel.bss.total_opens}`);
  const reports: Report[] = [];
  skel.maps.reports.consume((report) => {
    if (report.pid === process.pid) reports.push(report);
  });
  assert.deepEqual(
    reports.map(({ opens, filename }) => ({ opens, filename })),
    Array.from({ length: 10 }, (_, i) => ({ opens: BigInt(i + 1) * 10n, filename: "/proc/self/status" })),
  );
}

async function waitingLoopEnds(): Promise<void> {
  using skel = execsnoop.load();
  const stop = new AbortController();
  setTimeout(() => {
    stop.abort();
  }, 100);
  for await (const event of skel.maps.events.records({ signal: stop.signal })) {
    assert.fail(`nothing is attached, but ${event.filename} was seen`);
  }
}
