// Samples the CPUs' stacks for some seconds, and prints them folded, for flamegraph.pl, speedscope or inferno. Needs root.
//   main.ts [SECONDS] [PID] > profile.folded
import { setTimeout as sleep } from "node:timers/promises";
import { kernelSymbols } from "core-gen/runtime";
import { profile, type OnCpu } from "./profile.skel.js";

const FREQUENCY = 99;

const [, , seconds = "10", pid = "0"] = process.argv;

using skel = profile.load({ rodata: { only_pid: Number(pid) } });
skel.progs.take_sample.attachPerfEvent({ type: "software", event: "cpu-clock", frequency: FREQUENCY });
const stop = new AbortController();
process.once("SIGINT", () => {
  stop.abort();
});
await sleep(Number(seconds) * 1000, undefined, { signal: stop.signal }).catch(() => undefined);
skel.detach();

const symbols = kernelSymbols();
let samples = 0n;
for (const [sample, count] of skel.maps.counts) {
  samples += count;
  console.log(`${[`${sample.comm}-${sample.pid}`, ...framesOf(sample)].join(";")} ${count}`);
}
console.error(`${samples} samples at ${FREQUENCY} Hz on each CPU`);

/** The outermost first, as flame graphs grow; the process's frames as addresses, the kernel's by name. */
function framesOf({ user_stack, kernel_stack }: OnCpu): string[] {
  const user = stack(user_stack).map((address) => `0x${address.toString(16)}`);
  const kernel = stack(kernel_stack).map((address) => `${symbols.find(address)?.name ?? address.toString(16)}_[k]`);
  return [...user.reverse(), ...kernel.reverse()];
}

function stack(id: number): bigint[] {
  return id < 0 ? [] : (skel.maps.stacks.get(id) ?? []);
}
