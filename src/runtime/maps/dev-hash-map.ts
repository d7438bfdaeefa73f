import { u32 } from "../codecs.ts";
import { BpfMap, type MapHandle } from "./bpf-map.ts";
import { Cells } from "./cells.ts";
import { listedKeys } from "./chunks.ts";
import { deviceWire, type Device, type DeviceTarget } from "./device.ts";

/** Network devices that XDP programs redirect packets to, by any 32-bit key: `BPF_MAP_TYPE_DEVMAP_HASH` (Linux 5.4). */
export class DevHashMap extends BpfMap {
  readonly #cells: Cells<number, DeviceTarget, number, Device>;

  constructor(handle: MapHandle) {
    super(handle);
    this.#cells = new Cells(handle, u32, deviceWire(handle));
  }

  /** Puts a device at `key`. Throws a {@link KernelError} with errno EINVAL when there is no such device. */
  set(key: number, target: DeviceTarget, flags?: number): this {
    this.#cells.set(key, target, flags);
    return this;
  }

  /** The device at `key`, undefined when there is none. */
  get(key: number): Device | undefined {
    return this.#cells.get(key);
  }

  /** Takes the device at `key` out; false when there was none. */
  delete(key: number): boolean {
    return this.#cells.delete(key);
  }

  /** The devices that are there, with their keys. */
  *entries(): Generator<[number, Device], void> {
    for (const key of listedKeys(this.#cells.source, u32)) {
      const device = this.get(key);
      if (device !== undefined) yield [key, device];
    }
  }

  [Symbol.iterator](): Generator<[number, Device], void> {
    return this.entries();
  }
}
