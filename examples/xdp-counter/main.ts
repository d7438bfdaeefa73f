// Shows what an interface receives, by protocol, every second. Needs root. Ctrl-C ends it.
//   main.ts [INTERFACE]
import { setTimeout as sleep } from "node:timers/promises";
import { xdpCounter, type Traffic } from "./xdp_counter.skel.js";

const PROTOCOLS = ["other", "tcp", "udp", "icmp"];

const stop = new AbortController();
process.once("SIGINT", () => {
  stop.abort();
});

const [, , device = "lo"] = process.argv;
using skel = xdpCounter.load();
skel.progs.count.attachXdp({ interface: device });

let before = totals();
while (await second()) {
  const now = totals();
  // One screen: from its upper left corner, with what is left below it taken away.
  if (process.stdout.isTTY) process.stdout.write("\u001b[H\u001b[J");
  console.log(`${device}   packets/s       bytes/s    packets in all`);
  now.forEach(({ packets, bytes }, i) => {
    const perSecond = [packets - (before[i]?.packets ?? 0n), bytes - (before[i]?.bytes ?? 0n)];
    const cells = [...perSecond, packets].map((number) => String(number).padStart(14));
    console.log(`${(PROTOCOLS[i] ?? "").padEnd(6)}${cells.join("")}`);
  });
  before = now;
}

/** What each protocol has had so far, all CPUs together. */
function totals(): Traffic[] {
  const add = (a: Traffic, b: Traffic): Traffic => ({ packets: a.packets + b.packets, bytes: a.bytes + b.bytes });
  return [...skel.maps.traffic.mergedValues(add)];
}

/** False when the app is to end. */
async function second(): Promise<boolean> {
  return sleep(1000, true, { signal: stop.signal }).catch(() => false);
}
