import type { Interface } from "../kernel/interfaces.ts";
import type { LoadedProgram } from "../load/types.ts";
import type { Direction } from "./clsact.ts";
import type { ChainPlace } from "./chain-place.ts";
import { attachToDevice, queryDevice, type DeviceChain, type DeviceHook } from "./device-chain.ts";
import type { Link } from "./link.ts";

/** Where a tcx program goes. */
export interface TcxOptions extends ChainPlace {
  /** Its name, "eth0", or its index. */
  readonly interface: Interface;
}

const hooks: Readonly<Record<Direction, DeviceHook>> = {
  ingress: hookOf("ingress", "tcx_ingress"),
  egress: hookOf("egress", "tcx_egress"),
};

function hookOf(direction: Direction, attachType: "tcx_ingress" | "tcx_egress"): DeviceHook {
  return {
    attachType,
    name: `${direction} (tcx)`,
    since: "Linux 6.6 and later have tcx",
    hints: ["attachTc() attaches the same program on every kernel, as a filter of tc's."],
  };
}

/** Attaches a program where its section says, to packets that arrive or that leave (libbpf: `bpf_program__attach_tcx`). */
export function attachTcx(loaded: LoadedProgram, options: TcxOptions): Link {
  return attachToDevice(loaded, hooks[directionOf(loaded)], options);
}

/** What the section says: SEC("tcx/egress"), SEC("tc/egress"). */
export function directionOf({ program }: LoadedProgram): Direction {
  return program.def?.attachTypeName === "tcx_egress" ? "egress" : "ingress";
}

/**
 * The tcx programs of an interface, in the order they run (libbpf: `bpf_prog_query_opts`). Throws a `CoreGenError` when
 * there is no such interface, and with code `unsupported` on kernels before 6.6.
 *
 * @example
 * const { revision, programs } = queryTcx("eth0", "ingress");
 */
export function queryTcx(which: Interface, direction: Direction): DeviceChain {
  return queryDevice(hooks[direction], which);
}
