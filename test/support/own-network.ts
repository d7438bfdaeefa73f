import { closeSync, openSync } from "node:fs";

import koffi from "koffi";

/** linux/sched.h */
const CLONE_NEWNET = 0x40000000;
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
const SO_BROADCAST = 6;

const libc = koffi.load(null);
const declare = (declaration: string): ((...args: unknown[]) => number) =>
  libc.func(declaration) as (...args: unknown[]) => number;

const unshare = declare("int unshare(int)");
const setns = declare("int setns(int, int)");
const socket = declare("int socket(int, int, int)");
const setsockopt = declare("int setsockopt(int, int, int, const void *, unsigned int)");
const sendto = declare("long sendto(int, const void *, size_t, int, const void *, unsigned int)");
const close = declare("int close(int)");

/**
 * Runs in a network namespace of its own, which has only `lo`, and is down; it goes with all its devices. Processes that
 * are started in there are in it, too; threads of Node's own are not, so sockets of `node:net` are outside.
 */
export async function inOwnNetwork(run: () => void | Promise<void>): Promise<void> {
  const before = openSync("/proc/thread-self/ns/net", "r");
  try {
    must(unshare(CLONE_NEWNET), "unshare");
    await run();
  } finally {
    must(setns(before, CLONE_NEWNET), "setns");
    closeSync(before);
  }
}

/** Sends a UDP packet with this payload, to a broadcast address or to one of this machine. */
export function sendUdp(address: string, payload: string): void {
  const fd = must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
  try {
    must(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, new Int32Array([1]), 4), "setsockopt");
    const to = new Uint8Array(16);
    new Uint16Array(to.buffer)[0] = AF_INET;
    new DataView(to.buffer).setUint16(2, 9);
    to.set(address.split(".").map(Number), 4);
    const bytes = Buffer.from(payload);
    must(sendto(fd, bytes, bytes.length, 0, to, to.length), "sendto");
  } finally {
    close(fd);
  }
}

function must(result: number, call: string): number {
  if (result >= 0) return result;
  throw new Error(`${call}: errno ${koffi.errno()}`);
}
