import assert from "node:assert/strict";

import koffi from "koffi";

/*
 * System calls on sockets, made at once and by hand: Node makes fewer of them, and not when it is told.
 * Descriptors are the caller's.
 */

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_REUSEPORT = 15;
const SO_RCVTIMEO = 20;
export const SO_LOCK_FILTER = 44;

export type Domain = typeof AF_UNIX | typeof AF_INET | typeof AF_INET6;
export type SocketType = typeof SOCK_STREAM | typeof SOCK_DGRAM;

type Call = (...args: unknown[]) => number;
const ADDRESS_SIZE = 110;

let functions: Readonly<Record<string, Call>> | undefined;

function libc(name: string): Call {
  if (functions === undefined) {
    const library = koffi.load(null);
    const declare = (declaration: string): Call => library.func(declaration) as Call;
    functions = {
      socket: declare("int socket(int, int, int)"),
      bind: declare("int bind(int, void *, int)"),
      listen: declare("int listen(int, int)"),
      accept: declare("int accept(int, void *, void *)"),
      connect: declare("int connect(int, void *, int)"),
      sendto: declare("long sendto(int, void *, size_t, int, void *, int)"),
      recvfrom: declare("long recvfrom(int, void *, size_t, int, void *, void *)"),
      getsockname: declare("int getsockname(int, void *, void *)"),
      getpeername: declare("int getpeername(int, void *, void *)"),
      setsockopt: declare("int setsockopt(int, int, int, void *, int)"),
      getsockopt: declare("int getsockopt(int, int, int, void *, void *)"),
      close: declare("int close(int)"),
    };
  }
  const call = functions[name];
  assert.ok(call !== undefined);
  return call;
}

function checked(name: string, ...args: unknown[]): number {
  const result = libc(name)(...args);
  if (result < 0) throw Object.assign(new Error(`${name}: errno ${koffi.errno()}`), { errno: koffi.errno() });
  return result;
}

function socket(domain: Domain, type: SocketType): number {
  return checked("socket", domain, type, 0);
}

export function closeSocket(fd: number): void {
  checked("close", fd);
}

/** An address of this machine's own: a port, or for AF_UNIX a name that no file has. */
export function address(domain: Domain, portOrName: number | string): Uint8Array {
  const bytes = new Uint8Array(ADDRESS_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, domain, true);
  if (domain === AF_UNIX) {
    const name = Buffer.from(String(portOrName));
    bytes.set(name, 3);
    return bytes.subarray(0, 3 + name.length);
  }
  view.setUint16(2, Number(portOrName));
  if (domain === AF_INET) bytes.set([127, 0, 0, 1], 4);
  else bytes[23] = 1;
  return bytes.subarray(0, domain === AF_INET ? 16 : 28);
}

export function bind(fd: number, to: Uint8Array): void {
  checked("bind", fd, to, to.length);
}

export function listen(fd: number): void {
  checked("listen", fd, 8);
}

export function accept(fd: number): number {
  return checked("accept", fd, null, null);
}

export function connect(fd: number, to: Uint8Array): void {
  checked("connect", fd, to, to.length);
}

export function send(fd: number, text: string, to?: Uint8Array): void {
  const bytes = Buffer.from(text);
  checked("sendto", fd, bytes, bytes.length, 0, to ?? null, to?.length ?? 0);
}

const MSG_DONTWAIT = 0x40;

/** What has arrived; "" when nothing has. */
export function receive(fd: number): string {
  return receiveWith(fd, MSG_DONTWAIT);
}

/** What arrives next, or "" when nothing does in time, see {@link waitAtMost}. */
export function receiveNext(fd: number): string {
  return receiveWith(fd, 0);
}

function receiveWith(fd: number, flags: number): string {
  const bytes = new Uint8Array(4096);
  const from = new Uint8Array(ADDRESS_SIZE);
  const length = libc("recvfrom")(fd, bytes, bytes.length, flags, from, new Int32Array([ADDRESS_SIZE]));
  return length <= 0 ? "" : Buffer.from(bytes.subarray(0, length)).toString();
}

/** How many seconds {@link receiveNext} and {@link accept} wait. */
export function waitAtMost(fd: number, seconds: number): void {
  checked("setsockopt", fd, SOL_SOCKET, SO_RCVTIMEO, new BigInt64Array([BigInt(seconds), 0n]), 16);
}

export function socketName(fd: number): Uint8Array {
  return nameBy("getsockname", fd);
}

export function peerName(fd: number): Uint8Array {
  return nameBy("getpeername", fd);
}

function nameBy(call: string, fd: number): Uint8Array {
  const bytes = new Uint8Array(ADDRESS_SIZE);
  const length = new Int32Array([ADDRESS_SIZE]);
  checked(call, fd, bytes, length);
  return bytes.subarray(0, length[0]);
}

/** The port that an address has. */
export function portOf(of: Uint8Array): number {
  return new DataView(of.buffer, of.byteOffset).getUint16(2);
}

export function setOption(fd: number, name: number, value: number): void {
  checked("setsockopt", fd, SOL_SOCKET, name, new Int32Array([value]), 4);
}

export function getOption(fd: number, name: number): number {
  const value = new Int32Array(1);
  checked("getsockopt", fd, SOL_SOCKET, name, value, new Int32Array([4]));
  return value[0] ?? 0;
}

/** Sockets that are closed together. */
export class OwnSockets {
  readonly #opened = new Set<number>();

  open(domain: Domain, type: SocketType): number {
    return this.adopt(socket(domain, type));
  }

  /** Takes over a socket that was opened elsewhere. */
  adopt(fd: number): number {
    this.#opened.add(fd);
    return fd;
  }

  close(fd: number): void {
    this.#opened.delete(fd);
    closeSocket(fd);
  }

  [Symbol.dispose](): void {
    for (const fd of [...this.#opened].reverse()) this.close(fd);
  }
}

/** Closes what `use` has opened, also when it throws. */
export function withSockets<T>(use: (open: (domain: Domain, type: SocketType) => number) => T): T {
  using opened = new OwnSockets();
  return use((domain, type) => opened.open(domain, type));
}
