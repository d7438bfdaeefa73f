import { KernelError } from "../errors.ts";
import { ifinfomsg, findInterface, type InterfaceFacts } from "../kernel/interfaces.ts";
import { isCoreGenError } from "../../errors.ts";
import { kernelIsAtLeast } from "../kernel/release.ts";
import { EBUSY, EEXIST, ENODEV } from "../sys/errno.ts";
import { RTM_SETLINK, rtnetlink } from "../sys/netlink.ts";
import { AttributeWriter } from "../sys/netlink-attributes.ts";
import { programInfo } from "../sys/program-info.ts";
import { LegacyLink } from "./legacy-link.ts";
import type { Link, ProgramSource, UpdateOptions } from "./link.ts";
import { XDP_FLAGS_REPLACE, XDP_FLAGS_UPDATE_IF_NOEXIST, XDP_MODE_FLAGS } from "./xdp-flags.ts";
import { xdpAttachments, type XdpMode } from "./xdp-query.ts";

const IFLA_XDP = 43;
const IFLA_XDP_FD = 1;
const IFLA_XDP_FLAGS = 3;
const IFLA_XDP_EXPECTED_FD = 8;
const NO_PROGRAM = -1;

/** What {@link attachXdpByNetlink} needs to know. */
export interface NetlinkXdp {
  readonly what: string;
  /** Its descriptor. */
  readonly program: number;
  readonly interface: InterfaceFacts;
  readonly mode: XdpMode | undefined;
  readonly replace: ProgramSource | true | undefined;
}

/** Attaches a program without a BPF link (libbpf: `bpf_xdp_attach`). */
export function attachXdpByNetlink(attachment: NetlinkXdp): Link {
  const { what, program, replace } = attachment;
  const expected = typeof replace === "object" ? replace.fd : replace;
  setProgram(attachment, program, { expected, doing: `attaching ${what}` });
  return new XdpNetlinkLink(attachment);
}

class XdpNetlinkLink extends LegacyLink {
  readonly #attachment: NetlinkXdp;

  constructor(attachment: NetlinkXdp) {
    super(attachment.what, attachment.program);
    this.#attachment = attachment;
  }

  protected override takeAway(): void {
    const doing = `detaching ${this.what}`;
    if (!this.#isAttached(doing)) return;
    try {
      setProgram(this.#attachment, NO_PROGRAM, { expected: this.fd, doing });
    } catch (error) {
      // The interface went away, or somebody was faster with another program.
      if (error instanceof KernelError && [ENODEV, EEXIST, EBUSY].includes(error.errno)) return;
      throw error;
    }
  }

  protected override replace(program: ProgramSource, { expected }: UpdateOptions): void {
    const doing = `putting program "${program.name}" in the place of ${this.what}`;
    setProgram(this.#attachment, program.fd, { expected: expected?.fd ?? this.fd, doing });
  }

  #isAttached(doing: string): boolean {
    const ours = programInfo(this.fd, this.what).id;
    try {
      const { attributes } = findInterface(this.#attachment.interface.index, doing);
      return xdpAttachments(attributes).some(({ programId }) => programId === ours);
    } catch (error) {
      if (isCoreGenError(error) && error.code === "bad-input") return false;
      throw error;
    }
  }
}

interface Change {
  /** The descriptor of the program that must be attached: true for any or none, undefined for none. */
  readonly expected: number | true | undefined;
  readonly doing: string;
}

function setProgram(attachment: NetlinkXdp, fd: number, { expected, doing }: Change): void {
  const attribute = new AttributeWriter().i32(IFLA_XDP_FD, fd);
  const mode = attachment.mode === undefined ? 0 : XDP_MODE_FLAGS[attachment.mode];
  // Kernels before 5.7 can't be told which program is to be replaced.
  const named = typeof expected === "number" && kernelIsAtLeast([5, 7]) ? expected : undefined;
  if (expected === undefined) attribute.u32(IFLA_XDP_FLAGS, mode | XDP_FLAGS_UPDATE_IF_NOEXIST);
  else if (named !== undefined)
    attribute.u32(IFLA_XDP_FLAGS, mode | XDP_FLAGS_REPLACE).i32(IFLA_XDP_EXPECTED_FD, named);
  else attribute.u32(IFLA_XDP_FLAGS, mode);
  rtnetlink({
    type: RTM_SETLINK,
    header: ifinfomsg(attachment.interface.index),
    attributes: new AttributeWriter().nested(IFLA_XDP, attribute),
    doing,
    hints,
  });
}

const hints: ReadonlyMap<number, readonly string[]> = new Map([
  [EBUSY, ["`replace` puts a program in the place of the one that is there: bpftool net lists it."]],
  [EEXIST, ["bpftool net lists what is attached."]],
]);
