import { constants, openSync } from "node:fs";

import { attachTypes } from "../../object/bpf-enums.ts";
import { CoreGenError } from "../../errors.ts";
import { hintsIfDenied } from "../kernel/privileges.ts";
import type { LoadedProgram } from "../load/types.ts";
import { Attr, bpf, BPF_PROG_ATTACH, BPF_PROG_DETACH, bpfFailure, type Meanings } from "../sys/bpf.ts";
import { E2BIG, EEXIST, EINVAL, ENODEV, ENOENT } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { LegacyLink } from "./legacy-link.ts";
import type { Link } from "./link.ts";

/** Which infrared receiver decodes its signals with a program. */
export interface LircOptions {
  /** Its device, "/dev/lirc0", or the number of a descriptor of that. */
  readonly device: string | number;
}

/** Attaches a program to an infrared receiver; the kernel has no links there (libbpf: `bpf_prog_attach`, BPF_LIRC_MODE2). */
export function attachLirc({ program, fd }: LoadedProgram, { device }: LircOptions): Link {
  const what = `program "${program.name}" at infrared receiver ${device}`;
  const receiver = openReceiver(device, what);
  const result = bpf(BPF_PROG_ATTACH, request(receiver, fd.number));
  if (result >= 0) return new LircLink(what, fd.number, receiver);
  receiver.close();
  const errno = -result;
  throw bpfFailure({
    doing: `attaching ${what}`,
    command: BPF_PROG_ATTACH,
    errno,
    meaning: meanings.get(errno),
    hints: hintsIfDenied(errno, ["CAP_NET_ADMIN"]),
  });
}

class LircLink extends LegacyLink {
  readonly #receiver: Fd;

  constructor(what: string, program: number, receiver: Fd) {
    super(what, program);
    this.#receiver = receiver;
  }

  protected override takeAway(): void {
    const result = bpf(BPF_PROG_DETACH, request(this.#receiver, this.fd));
    // Somebody else has detached it, or the receiver was unplugged.
    if (result >= 0 || result === -ENOENT || result === -ENODEV) return;
    throw bpfFailure({ doing: `detaching ${this.what}`, command: BPF_PROG_DETACH, errno: -result });
  }

  protected override leave(): void {
    super.leave();
    this.#receiver.close();
  }
}

/** `target_fd`, `attach_bpf_fd`, `attach_type`. */
function request(receiver: Fd, program: number): Attr {
  return new Attr(12).u32(0, receiver.number).u32(4, program).u32(8, attachTypes.indexOf("lirc_mode2"));
}

function openReceiver(device: string | number, what: string): Fd {
  if (typeof device === "number") return Fd.duplicate(device, `the infrared receiver of ${what}`);
  try {
    // Linux 6.9, and older ones since they were mended, attach only through what is open for writing.
    return new Fd(openSync(device, constants.O_RDWR | constants.O_NONBLOCK), `the infrared receiver ${device}`);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown error";
    const why = code === "ENOENT" ? "there is no such device" : code;
    throw new CoreGenError("bad-input", `attaching ${what}: opening it failed: ${why}`, {
      cause,
      hints: ["Receivers are /dev/lirc0 and so on; the kernel needs CONFIG_LIRC."],
    });
  }
}

const meanings: Meanings = new Map([
  [EINVAL, "that is not the device of a receiver that gives raw signals, or the kernel has no CONFIG_BPF_LIRC_MODE2"],
  [EEXIST, "this program is attached there already"],
  [E2BIG, "64 programs are attached there, and that is the most"],
  [ENODEV, "the receiver was unplugged"],
]);
