import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

import type { HashMap } from "../../../src/runtime/maps/index.ts";
import type { Program } from "../../../src/runtime/programs/index.ts";
import { checkTool, type Tool } from "./check-tool.ts";
import { total, type Hist } from "./histogram.ts";

export interface InterruptTools {
  readonly hardirqs: Tool<
    { infos: HashMap<{ name: string }, { count: bigint }> },
    Record<"irq_handler_entry" | "irq_handler_exit" | "irq_handler_exit_btf", Program>,
    { rodata: { do_count: boolean } }
  >;
  readonly softirqs: Tool<
    object,
    { softirq_entry: Program; softirq_exit: Program },
    { rodata: { targ_dist: boolean }; bss: { hists: Hist[] } }
  >;
}

/** Interrupts, beside what /proc counts: before and after the tool is attached, and so long as it certainly is. */
export async function checkInterrupts(tools: InterruptTools): Promise<void> {
  await checkTool("hardirqs", undefined, () => interruptsAreAsInProc(tools.hardirqs));
  await checkTool("softirqs", undefined, () => softirqsAreAsInProc(tools.softirqs));
}

function interruptsAreAsInProc(hardirqs: InterruptTools["hardirqs"]): void {
  using skel = hardirqs.load({
    rodata: { do_count: true },
    progs: {
      irq_handler_entry: { autoload: false },
      irq_handler_exit: { autoload: false },
      irq_handler_exit_btf: { autoload: false },
    },
  });
  const proc = readAround(skel, readInterrupts);
  const seen = new Map([...skel.maps.infos].map(([{ name }, { count }]) => [name, Number(count)]));
  assertBetween(seen, proc);
  assert.ok(seen.size > 0, "no interrupt at all");
}

function softirqsAreAsInProc(softirqs: InterruptTools["softirqs"]): void {
  using skel = softirqs.load({
    rodata: { targ_dist: true },
    progs: { softirq_entry: { autoload: false }, softirq_exit: { autoload: false } },
  });
  const proc = readAround(skel, readSoftirqs);
  const names = [...readSoftirqs().keys()];
  const seen = new Map(skel.bss.hists.map((hist, vector) => [names[vector]!, total(hist)]));
  assertBetween(seen, proc);
  assert.ok(seen.get("TIMER")! > 0 && seen.get("RCU")! > 0);
}

type Counts = ReadonlyMap<string, number>;

/** What is counted while the tool is attached, and from before it is to after. */
interface Around {
  readonly within: Counts;
  readonly without: Counts;
}

function readAround(tool: { attach(): void; detach(): void }, read: () => Counts): Around {
  const outerBefore = read();
  tool.attach();
  const innerBefore = read();
  // The host's files come through a virtio device.
  execFileSync("find", ["/usr/share/doc", "-maxdepth", "2", "-newer", "/proc/1"]);
  const innerAfter = read();
  tool.detach();
  return { within: difference(innerBefore, innerAfter), without: difference(outerBefore, read()) };
}

function difference(before: Counts, after: Counts): Counts {
  return new Map([...after].map(([name, count]) => [name, count - (before.get(name) ?? 0)]));
}

/** One that is being handled just then may be in one count and not yet in the other. */
function assertBetween(seen: Counts, { within, without }: Around): void {
  for (const [name, least] of within) {
    const count = seen.get(name) ?? 0;
    const most = without.get(name)!;
    assert.ok(count >= least - 2 && count <= most + 2, `${name}: ${count}, /proc says from ${least} to ${most}`);
  }
}

/** Of all CPUs together, by the name of the handler: "virtio0-requests". Those of the processor itself have no handler. */
function readInterrupts(): Counts {
  const [cpus = "", ...lines] = readFileSync("/proc/interrupts", "latin1").trimEnd().split("\n");
  const cpuCount = cpus.trim().split(/\s+/u).length;
  return new Map(
    lines.flatMap((line): [string, number][] => {
      const [number = "", ...words] = line.trim().split(/\s+/u);
      const name = words.at(-1)!;
      return /^\d+:$/u.test(number) ? [[name, sum(words.slice(0, cpuCount))]] : [];
    }),
  );
}

/** In the order of the kernel's vectors. */
function readSoftirqs(): Counts {
  const [, ...lines] = readFileSync("/proc/softirqs", "latin1").trimEnd().split("\n");
  return new Map(
    lines.map((line) => {
      const [name = "", ...counts] = line.trim().split(/\s+/u);
      return [name.slice(0, -1), sum(counts)];
    }),
  );
}

function sum(numbers: readonly string[]): number {
  return numbers.reduce((sum, count) => sum + Number(count), 0);
}
