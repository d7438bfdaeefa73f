import { CoreGenError, isCoreGenError } from "../../errors.ts";
import { findInterface } from "../kernel/interfaces.ts";
import type { Program } from "../programs/program.ts";
import { show } from "../value-checks.ts";
import type { MapHandle } from "./bpf-map.ts";
import { targetWire } from "./redirect-target.ts";
import type { Wire } from "./wire.ts";

/** A network device to redirect packets to: its name or its index; and an XDP program that they meet before (Linux 5.8). */
export type DeviceTarget =
  | string
  | number
  | {
      /** The device's name or index. */
      readonly device: string | number;
      /** A program with the section "xdp/devmap", or the number of its descriptor. */
      readonly program?: Program | number | undefined;
    };

/** What a map of devices has: the device's index, and the kernel's id of the program. */
export interface Device {
  readonly ifindex: number;
  readonly programId: number | undefined;
}

/** Values of maps of devices. */
export function deviceWire(handle: MapHandle): Wire<DeviceTarget, Device> {
  const wire = targetWire(handle);
  return {
    size: wire.size,
    read: (from, at) => {
      const { number, programId } = wire.read(from, at);
      return { ifindex: number, programId };
    },
    write: (to, at, value) => {
      const { device, program } = typeof value === "object" ? value : { device: value, program: undefined };
      wire.write(to, at, { number: ifindexOf(device), program });
    },
  };
}

function ifindexOf(device: string | number): number {
  if (typeof device !== "string") return device;
  const problem = `there is no network device ${show(device)}`;
  try {
    return findInterface(device, problem).index;
  } catch (error) {
    if (!isCoreGenError(error) || error.code !== "bad-input") throw error;
    throw new CoreGenError("bad-input", problem, { cause: error, hints: error.hints });
  }
}
