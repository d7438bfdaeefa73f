import { PacketProgram } from "./packet-program.ts";

/**
 * A program of a route: `SEC("lwt_in")`, `SEC("lwt_out")`, `SEC("lwt_xmit")`, `SEC("lwt_seg6local")`. It is attached by
 * whoever makes the route: pin it, and name the pin to `ip route add … encap bpf`.
 */
export class LwtProgram extends PacketProgram {}
