import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { openSync, closeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";

import { describeWithKernel } from "../support/kernel.ts";

const root = join(import.meta.dirname, "../..");
const opensnoop = "examples/opensnoop/opensnoop.bpf.o";
const opencount = "examples/opencount/opencount.bpf.o";
const command = [process.execPath, "--import", "tsx", "src/cli/main.ts", "run"];

interface Ended {
  readonly status: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs an object until `during` is over and Ctrl-C is pressed. */
async function run(args: readonly string[], during: () => void): Promise<Ended> {
  const [node = "", ...rest] = command;
  const child = spawn(node, [...rest, ...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const closed = once(child, "close");
  while (!stderr.includes("attached") && child.exitCode === null) await sleep(20);
  during();
  await sleep(500);
  child.kill("SIGINT");
  const [status] = (await closed) as unknown[];
  return { status, stdout, stderr };
}

function runAtOnce(...args: string[]): Ended {
  const [node = "", ...rest] = command;
  return spawnSync(node, [...rest, ...args], { cwd: root, encoding: "utf8" });
}

function openFile(path: string): void {
  try {
    closeSync(openSync(path, "r"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

describeWithKernel("core-gen run", {}, () => {
  it("prints records as a table until Ctrl-C, and then what is in the variables", { timeout: 60_000 }, async () => {
    const { status, stdout, stderr } = await run([opensnoop, "--set", `rodata.only_pid=${process.pid}`], () => {
      openFile("/no/such/file");
    });
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringMatching(
        /^core-gen: attached enter_openat \(.*\), exit_openat \(.*\); Ctrl-C ends it\n$/u,
      ) as string,
    });
    const [heading = "", ...lines] = stdout.split("\n");
    expect(heading.trim().split(/\s+/u)).toEqual(["PID", "UID", "RESULT", "FLAGS", "COMM", "FILENAME"]);
    const line = lines.find((one) => one.endsWith("/no/such/file")) ?? "";
    expect(line.trim().split(/\s+/u).slice(0, 3)).toEqual([String(process.pid), "0", "-2"]);
    expect(stdout).toContain("\nbss:\n  dropped = 0\n");
  });

  it("prints them as lines of JSON", { timeout: 60_000 }, async () => {
    const { stdout } = await run([opensnoop, "--json", "--set", "rodata.only_failed=true"], () => {
      openFile("/no/such/file");
      openFile("/etc/passwd");
    });
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.at(-1)).toMatchObject({ variables: { bss: { dropped: 0 } } });
    const records = lines.slice(0, -1) as { map: string; record: { pid: number; result: number; filename: string } }[];
    const ours = records.filter(({ record }) => record.pid === process.pid);
    expect(ours.map(({ map, record }) => [map, record.filename, record.result])).toEqual([
      ["events", "/no/such/file", -2],
    ]);
  });

  it("prints maps with the largest values first", { timeout: 60_000 }, async () => {
    const { stdout } = await run([opencount, "--set", "rodata.report_every=0"], () => {
      for (let i = 0; i < 3000; i++) openFile("/dev/null");
    });
    const [, first = ""] = /\nopens_by_pid:\n(.*)\n/u.exec(stdout) ?? [];
    expect(first.trim().split(/\s+/u)).toEqual([String(process.pid), "3000"]);
  });

  it("ends by itself after a duration", { timeout: 60_000 }, () => {
    expect(runAtOnce(opensnoop, "--duration", "300ms")).toMatchObject({ status: 0 });
  });

  it("loads only the programs that are named", { timeout: 60_000 }, () => {
    const { stderr } = runAtOnce(opensnoop, "--duration", "10ms", "--program", "enter_openat");
    expect(stderr).toMatch(/^core-gen: attached enter_openat \([^)]*\); Ctrl-C ends it$/mu);
  });

  it.each<[string, string[], string]>([
    ["a program", ["--program", "enter"], `running ${opensnoop}: it has no program "enter"\n  Near it: enter_openat.`],
    [
      "a section",
      ["--set", "rdata.x=1"],
      'setting a variable of rdata: there is no section "rdata"\n  Near it: rodata.',
    ],
    [
      "a variable",
      ["--set", "rodata.only_pit=1"],
      'setting rodata.only_pit: there is no variable "only_pit"\n  Near it: only_pid.',
    ],
    ["a number", ["--set", "rodata.only_pid=x"], 'setting rodata.only_pid: "x" is no integer'],
    ["a number's range", ["--set", "rodata.only_pid=-1"], "rodata.only_pid"],
    ["a truth", ["--set", "rodata.only_failed=maybe"], 'setting rodata.only_failed: "maybe" is not true or false'],
  ])("says what is wrong with %s", { timeout: 60_000 }, (_, args, message) => {
    const { status, stdout, stderr } = runAtOnce(opensnoop, ...args);
    expect(stderr).toContain(`core-gen: `);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("bug in core-gen");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  });

  it("says so when no program knows where to attach", { timeout: 60_000 }, () => {
    const { status, stderr } = runAtOnce("examples/xdp-counter/xdp_counter.bpf.o");
    expect(stderr).toContain("nothing is attached, count (xdp) must be told to what");
    expect(status).toBe(1);
  });
});
