import type { Program } from "../programs/program.ts";
import { checkDescriptor } from "./descriptors.ts";
import type { MapHandle } from "./bpf-map.ts";
import type { Wire } from "./wire.ts";

/** No program, in the place of a descriptor. */
const NONE = -1;

/** What a packet meets where it is redirected to: a number of 32 bits, and since Linux 5.8 a program. */
interface Target {
  readonly number: number;
  readonly program: Program | number | undefined;
}

/**
 * Values of maps that XDP programs redirect by, `struct bpf_devmap_val` and `struct bpf_cpumap_val`: a number and a
 * program's descriptor go in, the number and the program's id come out. In maps whose values have 4 bytes there is no
 * program.
 */
export function targetWire({ valueSize }: MapHandle): Wire<Target, { number: number; programId: number | undefined }> {
  const hasProgram = valueSize >= 8;
  return {
    size: valueSize,
    read: (from, at) => {
      const id = hasProgram ? from.u32(at + 4) : 0;
      return { number: from.u32(at), programId: id === 0 ? undefined : id };
    },
    write: (to, at, { number, program }) => {
      to.setU32(at, number);
      if (hasProgram) to.setI32(at + 4, program === undefined ? NONE : descriptorOf(program));
      else if (program !== undefined)
        throw new TypeError("values of 4 bytes have no room for a program: declare 8 of them");
    },
  };
}

function descriptorOf(program: Program | number): number {
  return checkDescriptor(typeof program === "number" ? program : program.fd, "a program");
}
