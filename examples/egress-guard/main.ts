// Lets the processes of a cgroup send to some networks only, and prints what it stops. Needs root. Ctrl-C ends it.
//   main.ts CGROUP NETWORK...      for example: main.ts /sys/fs/cgroup/user.slice 127.0.0.0/8 10.0.0.0/8
import { egressGuard } from "./egress_guard.skel.js";

const PROTOCOLS = new Map([
  [1, "icmp"],
  [6, "tcp"],
  [17, "udp"],
]);

const [, , cgroup, ...networks] = process.argv;
if (cgroup === undefined || networks.length === 0) throw new Error("usage: main.ts CGROUP NETWORK...");

const stop = new AbortController();
process.once("SIGINT", () => {
  stop.abort();
});

using skel = egressGuard.load();
// Before anything is stopped: no packet falls between the two.
for (const network of networks) skel.maps.allowed.set(network, 1);
skel.progs.guard.attachCgroup({ cgroup });

console.log(`guarding ${cgroup}: only ${networks.join(", ")}`);
for await (const { destination, port, protocol } of skel.maps.blocked.records({ signal: stop.signal })) {
  console.log(`stopped ${PROTOCOLS.get(protocol) ?? protocol} to ${destination.join(".")}:${port}`);
}
console.log(`${skel.bss.passed} packets passed, ${skel.bss.dropped} were stopped`);
