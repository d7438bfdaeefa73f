import { attachTypes } from "../../object/bpf-enums.ts";
import { CoreGenError } from "../../errors.ts";
import type { KernelError } from "../errors.ts";
import { findInterface, type Interface, type InterfaceFacts } from "../kernel/interfaces.ts";
import { hintsIfDenied } from "../kernel/privileges.ts";
import { kernelIsAtLeast } from "../kernel/release.ts";
import type { LoadedProgram } from "../load/types.ts";
import { Attr, bpf, BPF_LINK_CREATE, bpfFailure } from "../sys/bpf.ts";
import { EBUSY, EEXIST, EINVAL, EOPNOTSUPP } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { Link, type ProgramSource } from "./link.ts";
import { attachXdpByNetlink } from "./xdp-netlink.ts";
import { xdpAttachments, type XdpMode } from "./xdp-query.ts";
import { XDP_MODE_FLAGS } from "./xdp-flags.ts";

/** Where an XDP program goes. */
export interface XdpOptions {
  /** Its name, "eth0", or its index. */
  readonly interface: Interface;
  /**
   * Where it is to run. When this is left out, the kernel takes the driver if that has XDP, else generic XDP. "offload"
   * takes a network card that can, and a program that was loaded for it.
   */
  readonly mode?: XdpMode | undefined;
  /**
   * "netlink" attaches as `ip link set dev eth0 xdp` does, without a BPF link: others can replace the program, and it
   * stays when the process is killed by SIGKILL; at a normal end and SIGINT, SIGTERM and SIGHUP it is detached. When
   * this is left out: a link, on kernels before 5.9, which have none, netlink.
   */
  readonly via?: "link" | "netlink" | undefined;
  /**
   * With netlink: the program that is to be replaced, which must be the one that is attached (Linux 5.7), or true for
   * whatever is there. When this is left out, attaching fails where there is one already. A link can't take the place of
   * another program: use its `update`.
   */
  readonly replace?: ProgramSource | true | undefined;
}

/** Attaches a program to a network interface (libbpf: `bpf_program__attach_xdp`, `bpf_xdp_attach`). */
export function attachXdp({ program, fd }: LoadedProgram, options: XdpOptions): Link {
  const { mode, replace } = options;
  const found = findInterface(options.interface, `attaching program "${program.name}" with XDP`);
  const what = `program "${program.name}" at interface ${found.name} (XDP${mode === undefined ? "" : `, ${mode}`})`;
  const byNetlink = (): Link => attachXdpByNetlink({ what, program: fd.number, interface: found, mode, replace });
  if (options.via === "netlink" || (options.via === undefined && replace !== undefined)) return byNetlink();
  if (replace !== undefined) throw linkCantReplace(what);
  const attr = new Attr(16)
    .u32(0, fd.number)
    .u32(4, found.index)
    .u32(8, attachTypes.indexOf("xdp"))
    .u32(12, mode === undefined ? 0 : XDP_MODE_FLAGS[mode]);
  const result = bpf(BPF_LINK_CREATE, attr);
  if (result >= 0) return new Link(what, new Fd(result, `the link of ${what}`));
  if (result === -EINVAL && options.via === undefined && !kernelIsAtLeast([5, 9])) return byNetlink();
  throw explained(what, -result, found);
}

function linkCantReplace(what: string): CoreGenError {
  return new CoreGenError("bad-input", `attaching ${what}: a new link can't replace a program`, {
    hints: ['Call update() of the link that is there, or set via: "netlink".'],
  });
}

/** BPF_LINK_CREATE has no words of its own, as netlink has: what is attached already says most. */
function explained(what: string, errno: number, found: InterfaceFacts): KernelError {
  const there = xdpAttachments(found.attributes).map(({ mode, programId }) => `${mode}: program ${programId}`);
  const taken = there.length > 0 ? [`Attached to ${found.name} now: ${there.join(", ")}.`] : [];
  return bpfFailure({
    doing: `attaching ${what}`,
    command: BPF_LINK_CREATE,
    errno,
    meaning: xdpMeanings.get(errno),
    hints: [...taken, ...hintsIfDenied(errno), ...(hints.get(errno) ?? [])],
  });
}

const xdpMeanings: ReadonlyMap<number, string> = new Map([
  [EBUSY, "a program is attached there already"],
  [EEXIST, "a program is attached there in another mode, and driver and generic mode exclude each other"],
  [EOPNOTSUPP, "the interface's driver can't do it: it has no XDP, or not for this MTU or these features"],
  [
    EINVAL,
    'the program is not for interfaces (SEC("xdp/devmap"), SEC("xdp/cpumap")), or the mode needs another program',
  ],
]);

const hints: ReadonlyMap<number, readonly string[]> = new Map([
  [EOPNOTSUPP, ['mode: "generic" works with every interface. Programs for large packets need SEC("xdp.frags").']],
  [EBUSY, ["Detach it first: bpftool net, ip link set dev NAME xdp off."]],
]);
