import { SocketArray } from "./socket-array.ts";

/** Sockets whose data programs redirect and look at: `BPF_MAP_TYPE_SOCKMAP`. */
export class SockMap extends SocketArray {
  declare readonly kind: "sockmap";
}
