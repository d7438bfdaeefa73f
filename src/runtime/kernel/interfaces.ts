import { CoreGenError } from "../../errors.ts";
import { nearNames } from "../../object/near-names.ts";
import { KernelError } from "../errors.ts";
import { hostIsLittleEndian } from "../memory.ts";
import { ENODEV } from "../sys/errno.ts";
import { NLM_F_DUMP, RTM_GETLINK, rtnetlink, type NetlinkMessage } from "../sys/netlink.ts";
import { Attributes, AttributeWriter } from "../sys/netlink-attributes.ts";

const IFLA_IFNAME = 3;
const IFLA_ALT_IFNAME = 53;
/** IFNAMSIZ - 1: longer names are alternative ones (Linux 5.5). */
const LONGEST_NAME = 15;
const IFINFO_SIZE = 16;

/** A network interface: its name, "eth0", or its index, in the network namespace of this process. */
export type Interface = string | number;

/** A network interface as the kernel has it. */
export interface InterfaceFacts {
  readonly index: number;
  readonly name: string;
  /** Of its RTM_NEWLINK message. */
  readonly attributes: Attributes;
}

/**
 * Looks up an interface. Asks the kernel, because /sys/class/net is of the namespace that it was mounted in.
 *
 * `doing` says what for, in errors. Throws a `CoreGenError` with code `bad-input` and near names when there is none.
 */
export function findInterface(which: Interface, doing: string): InterfaceFacts {
  if (!isPossible(which)) {
    throw new CoreGenError("bad-input", `${doing}: ${JSON.stringify(which)} is no name or index of an interface`, {
      hints: ['A name is a string, "eth0"; an index is a whole number from 1 on.'],
    });
  }
  const byName = typeof which === "string";
  const attributes = new AttributeWriter();
  if (byName) attributes.text(which.length > LONGEST_NAME ? IFLA_ALT_IFNAME : IFLA_IFNAME, which);
  try {
    const header = ifinfomsg(byName ? 0 : which);
    const [answer] = rtnetlink({ type: RTM_GETLINK, header, attributes, doing });
    if (answer !== undefined) return readInterface(answer);
  } catch (error) {
    if (!(error instanceof KernelError) || error.errno !== ENODEV) throw error;
  }
  throw noInterface(which, doing);
}

/** `struct ifinfomsg` that means this interface. */
export function ifinfomsg(index: number): Uint8Array {
  const header = new Uint8Array(IFINFO_SIZE);
  new DataView(header.buffer).setInt32(4, index, hostIsLittleEndian);
  return header;
}

function readInterface({ body }: NetlinkMessage): InterfaceFacts {
  const attributes = new Attributes(body.subarray(IFINFO_SIZE));
  const index = new DataView(body.buffer, body.byteOffset).getInt32(4, hostIsLittleEndian);
  return { index, name: attributes.text(IFLA_IFNAME) ?? `interface ${index}`, attributes };
}

/** An index is a positive `int`; a name with a NUL would be another one. */
function isPossible(which: Interface): boolean {
  if (typeof which === "string") return which !== "" && which.length < 128 && !which.includes("\0");
  return Number.isInteger(which) && which > 0 && which < 2 ** 31;
}

function noInterface(which: Interface, doing: string): CoreGenError {
  const all = rtnetlink({ type: RTM_GETLINK, flags: NLM_F_DUMP, header: ifinfomsg(0), doing }).map(readInterface);
  const byName = typeof which === "string";
  const near = byName ? nearNames(which, new Set(all.map(({ name }) => name))) : [];
  const wanted = byName ? `interface ${which}` : `interface with index ${which}`;
  return new CoreGenError("bad-input", `${doing}: there is no ${wanted} in this network namespace`, {
    hints: near.length > 0 ? [`Near it: ${near.join(", ")}.`] : [`There are: ${all.map(nameAndIndex).join(", ")}.`],
  });
}

function nameAndIndex({ name, index }: InterfaceFacts): string {
  return `${name} (${index})`;
}
