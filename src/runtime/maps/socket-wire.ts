import { CoreGenError } from "../../errors.ts";
import type { MapHandle } from "./bpf-map.ts";
import type { Cells } from "./cells.ts";
import { checkDescriptor } from "./descriptors.ts";
import type { Wire } from "./wire.ts";

/** Values of maps of sockets: a descriptor goes in, and where values have 8 bytes the socket's cookie comes out. */
export function socketWire({ valueSize }: MapHandle): Wire<number, bigint> {
  return {
    size: valueSize,
    read: (from, at) => from.u64(at),
    write: (to, at, value) => {
      const fd = checkDescriptor(value, "a socket");
      if (valueSize === 8) to.setU64(at, BigInt(fd));
      else to.setU32(at, fd);
    },
  };
}

/** The cookie of the socket at `key`. Throws a `CoreGenError` where the kernel can't say it. */
export function cookieOf<K>(cells: Cells<K, number, unknown, bigint>, handle: MapHandle, key: K): bigint | undefined {
  if (handle.valueSize === 8) return cells.get(key);
  throw new CoreGenError("unsupported", `reading an element of ${handle.fd.what}: its values are too short for that`, {
    hints: ["Declare 64-bit values in the program, __type(value, __u64): then the kernel gives the sockets' cookies."],
  });
}
