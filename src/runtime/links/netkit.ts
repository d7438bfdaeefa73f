import type { Interface } from "../kernel/interfaces.ts";
import type { LoadedProgram } from "../load/types.ts";
import type { ChainPlace } from "./chain-place.ts";
import { attachToDevice, queryDevice, type DeviceChain, type DeviceHook } from "./device-chain.ts";
import type { Link } from "./link.ts";

/** Where a netkit program goes. */
export interface NetkitOptions extends ChainPlace {
  /** The primary device of a netkit pair, by name or index, also for programs of its peer. */
  readonly interface: Interface;
}

/** Which of a pair's two devices sends the packets. */
export type NetkitEnd = "primary" | "peer";

const hooks: Readonly<Record<NetkitEnd, DeviceHook>> = {
  primary: hookOf("primary", "netkit_primary"),
  peer: hookOf("peer", "netkit_peer"),
};

function hookOf(end: NetkitEnd, attachType: "netkit_primary" | "netkit_peer"): DeviceHook {
  return {
    attachType,
    name: `the ${end} end (netkit)`,
    since: "Linux 6.7 and later have it (CONFIG_NETKIT), for the primary device of a netkit pair",
    hints: ["Of a pair, the kernel takes programs for both ends at the primary device."],
    noAccess: "the interface is the peer of a netkit pair",
  };
}

/** Attaches a program to the end of a netkit pair that its section says (libbpf: `bpf_program__attach_netkit`). */
export function attachNetkit(loaded: LoadedProgram, options: NetkitOptions): Link {
  const end = loaded.program.def?.attachTypeName === "netkit_peer" ? "peer" : "primary";
  return attachToDevice(loaded, hooks[end], options);
}

/**
 * The programs of one end of a netkit pair, in the order they run (libbpf: `bpf_prog_query_opts`). Throws a `CoreGenError`
 * with code `unsupported` when the interface is not the primary device of a pair, or the kernel is older than 6.7.
 *
 * @example
 * const { programs } = queryNetkit("nk0", "peer");
 */
export function queryNetkit(which: Interface, end: NetkitEnd): DeviceChain {
  return queryDevice(hooks[end], which);
}
