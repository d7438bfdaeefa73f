// Prints every TCP connection that ends on this machine. Needs root. Ctrl-C ends it.
import { isIPv6 } from "node:net";
import { tcplife } from "./tcplife.skel.js";

const AF_INET = 2;

const stop = new AbortController();
process.once("SIGINT", () => {
  stop.abort();
});

using skel = tcplife.load();
skel.attach();

console.log("PID     COMM             LOCAL                 REMOTE                  SENT    RECEIVED  MS");
for await (const event of skel.maps.events.records({ signal: stop.signal })) {
  const local = endpoint(addressOf(event.family, event.local), event.local_port);
  const remote = endpoint(addressOf(event.family, event.remote), event.remote_port);
  const ms = (Number(event.duration_ns) / 1e6).toFixed(1);
  console.log(
    `${String(event.pid).padEnd(7)} ${event.comm.padEnd(16)} ${local.padEnd(21)} ${remote.padEnd(21)} ` +
      `${String(event.sent).padStart(6)} ${String(event.received).padStart(11)}  ${ms}`,
  );
}

function addressOf(family: number, bytes: Uint8Array): string {
  if (family === AF_INET) return bytes.subarray(0, 4).join(".");
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  // URL writes an IPv6 address as RFC 5952 has it: the longest row of zeros as "::".
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}

function endpoint(address: string, port: number): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
