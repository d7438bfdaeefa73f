/* Both ends of a connection, in one process that speaks Perl. */

export const BACKLOG = 37;
/** 127.0.0.1 as the kernel has it in memory, on a little-endian machine. */
export const LOCALHOST = 0x0100007f;
export const AF_INET = 2;

/** Listens on a port that the kernel chooses, $port. */
export const listening: string =
  `socket(L, PF_INET, SOCK_STREAM, 0); bind(L, sockaddr_in(0, INADDR_LOOPBACK)); listen(L, ${BACKLOG}); ` +
  "($port) = sockaddr_in(getsockname(L)); $there = sockaddr_in($port, INADDR_LOOPBACK)";

/** Connects to it: C is the end that does, S the other one. */
export const connecting = "socket(C, PF_INET, SOCK_STREAM, 0); connect(C, $there); accept(S, L)";

/** A port as it stands in packets, read as a number of this machine. */
export function bigEndian(port: number): number {
  return ((port & 0xff) << 8) | (port >> 8);
}
