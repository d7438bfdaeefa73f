import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, it } from "vitest";

import { execsnoop, type Event } from "../../examples/execsnoop/execsnoop.skel.ts";
import { describeWithKernel } from "../support/kernel.ts";

/** Collects events until `command` has ended and `enough` says that its events are all there. */
async function eventsWhile(run: () => Promise<void>, enough: (events: Event[]) => boolean): Promise<Event[]> {
  const events: Event[] = [];
  const stop = new AbortController();
  using skel = execsnoop.load();
  skel.attach();
  const reading = (async () => {
    for await (const event of skel.maps.events.records({ signal: stop.signal })) events.push(event);
  })();
  await run();
  for (let i = 0; i < 200 && !enough(events); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  stop.abort();
  await reading;
  return events;
}

/** Runs a shell script in a process of its own; its pid, its name as /proc has it, and what it printed. */
async function shell(script: string): Promise<{ pid: number; comm: string; output: string }> {
  const child = spawn("/bin/sh", ["-c", `read go; ${script}`], { stdio: ["pipe", "pipe", "inherit"] });
  const pid = child.pid ?? 0;
  // The new process is still "node" until it has become the shell.
  let comm = "node";
  while (comm === "node" || comm === "MainThread") {
    await new Promise((resolve) => setTimeout(resolve, 5));
    comm = readFileSync(`/proc/${pid}/comm`, "utf8").trimEnd();
  }
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stdin.end("go\n");
  await new Promise((resolve) => child.once("close", resolve));
  return { pid, comm, output };
}

describeWithKernel("execsnoop", {}, () => {
  it(
    "reports each of 10,000 programs exactly once, with pid, ppid, comm and filename",
    { timeout: 240_000 },
    async () => {
      const count = 10_000;
      let parent = { pid: 0, comm: "", output: "" };
      const ours = (events: Event[]): Event[] => events.filter(({ ppid }) => ppid === parent.pid);
      const events = await eventsWhile(
        async () => {
          parent = await shell(`i=0; while [ $i -lt ${count} ]; do /bin/true & echo $!; wait $!; i=$((i+1)); done`);
        },
        (all) => ours(all).length >= count,
      );
      const pids = parent.output.trimEnd().split("\n").map(Number);
      expect(pids).toHaveLength(count);
      expect(ours(events)).toEqual(
        pids.map((pid) => ({ pid, ppid: parent.pid, comm: parent.comm, filename: "/bin/true" })),
      );
    },
  );

  it("reports names that are long, that are not ASCII and that do not exist", async () => {
    const dir = mkdtempSync(join(tmpdir(), "core-gen-"));
    const short = join(dir, "grüße-日本");
    const long = join(dir, "x".repeat(200), "y".repeat(100));
    copyFileSync("/bin/true", short);
    let parent = { pid: 0, comm: "", output: "" };
    const events = await eventsWhile(
      async () => {
        parent = await shell(`'${short}' & wait $!; '${long}' 2>/dev/null & wait $!; :`);
      },
      (all) => all.filter(({ ppid }) => ppid === parent.pid).length >= 2,
    );
    rmSync(dir, { recursive: true });
    const names = events.filter(({ ppid }) => ppid === parent.pid).map(({ filename }) => filename);
    // filename[256] has room for 255 bytes and a NUL.
    expect(names).toEqual([short, long.slice(0, 255)]);
  });

  it("sees this process's own children with this process as their parent", async () => {
    const events = await eventsWhile(
      () => {
        spawnSync("/bin/true");
        return Promise.resolve();
      },
      (all) => all.some(({ ppid }) => ppid === process.pid),
    );
    expect(events.find(({ ppid }) => ppid === process.pid)).toMatchObject({ ppid: process.pid, filename: "/bin/true" });
  });
});
