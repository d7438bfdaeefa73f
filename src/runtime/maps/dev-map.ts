import { BpfMap, type MapHandle } from "./bpf-map.ts";
import { Cells } from "./cells.ts";
import { deviceWire, type Device, type DeviceTarget } from "./device.ts";
import { indexWire } from "./index-wire.ts";

/**
 * Network devices that XDP programs redirect packets to, by number: `BPF_MAP_TYPE_DEVMAP`.
 *
 * @example
 * skel.maps.ports.set(0, "eth0");
 */
export class DevMap extends BpfMap {
  readonly #cells: Cells<number, DeviceTarget, number, Device>;

  constructor(handle: MapHandle) {
    super(handle);
    this.#cells = new Cells(handle, indexWire(handle), deviceWire(handle));
  }

  get length(): number {
    return this.maxEntries;
  }

  /** Puts a device at `index`. Throws a {@link KernelError} with errno EINVAL when there is no such device. */
  set(index: number, target: DeviceTarget, flags?: number): this {
    this.#cells.set(index, target, flags);
    return this;
  }

  /** The device at `index`, undefined when there is none. */
  get(index: number): Device | undefined {
    return this.#cells.get(index);
  }

  /** Takes the device at `index` out. The kernel doesn't say whether there was one. */
  delete(index: number): void {
    this.#cells.delete(index);
  }

  /** The devices that are there, with their numbers. */
  *entries(): Generator<[number, Device], void> {
    for (let index = 0; index < this.length; index++) {
      const device = this.get(index);
      if (device !== undefined) yield [index, device];
    }
  }

  [Symbol.iterator](): Generator<[number, Device], void> {
    return this.entries();
  }
}
