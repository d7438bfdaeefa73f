import { readFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";

import koffi from "koffi";

const IPPROTO_TCP = 6;
const TCP_CONGESTION = 13;

/** The congestion controls that a process may choose for its connections, as the kernel lists them. */
export function congestionControls(): string[] {
  return readFileSync("/proc/sys/net/ipv4/tcp_available_congestion_control", "utf8").trim().split(/\s+/u);
}

/** Sends `size` bytes through a loopback connection whose sender has this congestion control. */
export async function sendThrough(congestionControl: string, size: number): Promise<void> {
  const server = createServer((socket) => socket.resume());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  try {
    choose(socket, congestionControl);
    socket.end(new Uint8Array(size));
    // The other side closes when it has read everything.
    await once(socket, "close");
  } finally {
    socket.destroy();
    server.close();
  }
  await once(server, "close");
}

/** Node has no word for it. */
function choose(socket: Socket, name: string): void {
  const setsockopt = koffi.load(null).func("int setsockopt(int, int, int, const char *, uint32_t)") as (
    ...args: [fd: number, level: number, option: number, value: string, size: number]
  ) => number;
  // The descriptor of a socket is in none of its documented properties.
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
  if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, name.length) !== 0)
    throw new Error(`setsockopt(TCP_CONGESTION, ${name}): errno ${koffi.errno()}`);
}
