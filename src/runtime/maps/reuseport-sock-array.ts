import { SocketArray } from "./socket-array.ts";

/** Listening sockets of one port, among which a program chooses: `BPF_MAP_TYPE_REUSEPORT_SOCKARRAY`. */
export class ReuseportSockArray extends SocketArray {}
