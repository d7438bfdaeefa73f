import { Attr, bpf, BPF_PROG_ATTACH, BPF_PROG_DETACH, bpfFailure } from "../sys/bpf.ts";
import { EBADF, ENODEV, ENOENT } from "../sys/errno.ts";
import type { Fd } from "../sys/fd.ts";
import { programInfo } from "../sys/program-info.ts";
import { queryPrograms } from "../sys/prog-query.ts";
import {
  BPF_F_PREORDER,
  refusal,
  type CgroupAttachment,
  type CgroupMode,
  type CgroupOptions,
} from "./cgroup-attachment.ts";
import { readChainPlace } from "./chain-place.ts";
import { LegacyLink } from "./legacy-link.ts";
import type { ProgramSource, UpdateOptions } from "./link.ts";

const modes: Readonly<Record<CgroupMode, number>> = { single: 0, override: 1, multi: 2 };
const BPF_F_REPLACE = 4;

/** Attaches a program by BPF_PROG_ATTACH (libbpf: `bpf_prog_attach_opts`). Takes over the cgroup's descriptor when it returns. */
export function attachWithoutLink(attachment: CgroupAttachment): LegacyLink {
  const { program, options } = attachment;
  put(attachment, program.number, options);
  return new CgroupWithoutLink(attachment);
}

function put({ what, cgroup, attachType }: CgroupAttachment, program: number, options: CgroupOptions): void {
  const { legacy = "multi", replace, expectedRevision = 0n, preorder = false } = options;
  const place = readChainPlace(options, `attaching ${what}`);
  const flags =
    place.flags | modes[legacy] | (preorder ? BPF_F_PREORDER : 0) | (replace === undefined ? 0 : BPF_F_REPLACE);
  const attr = new Attr(32)
    .u32(0, cgroup.number)
    .u32(4, program)
    .u32(8, attachType)
    .u32(12, flags)
    .u32(16, replace?.fd ?? 0)
    .u32(20, place.relative)
    .u64(24, expectedRevision);
  const result = bpf(BPF_PROG_ATTACH, attr);
  if (result < 0) throw refusal({ what, command: BPF_PROG_ATTACH, errno: -result, options });
}

class CgroupWithoutLink extends LegacyLink {
  readonly #cgroup: Fd;
  readonly #attachment: CgroupAttachment;

  constructor(attachment: CgroupAttachment) {
    super(attachment.what, attachment.program.number);
    this.#cgroup = attachment.cgroup;
    this.#attachment = attachment;
  }

  /** Where there is one program only, the kernel takes away whichever it is: somebody may have put another in its place. */
  protected override takeAway(): void {
    const { attachType, options } = this.#attachment;
    const isMulti = (options.legacy ?? "multi") === "multi";
    if (!isMulti && !this.#isAttached()) return;
    const attr = new Attr(12).u32(0, this.#cgroup.number).u32(4, this.fd).u32(8, attachType);
    const result = bpf(BPF_PROG_DETACH, attr);
    if (result >= 0 || gone.includes(-result)) return;
    throw bpfFailure({ doing: `detaching ${this.what}`, command: BPF_PROG_DETACH, errno: -result });
  }

  #isAttached(): boolean {
    const { attachType } = this.#attachment;
    const { programs } = queryPrograms({ target: this.#cgroup.number, attachType }, `detaching ${this.what}`);
    const { id } = programInfo(this.fd, this.what);
    return programs.some(({ programId }) => programId === id);
  }

  protected override replace(program: ProgramSource, { expected }: UpdateOptions): void {
    this.checkRuns(expected, program);
    const { legacy = "multi", preorder } = this.#attachment.options;
    const old = { name: this.what, section: "", fd: this.fd };
    // One that is alone is replaced by attaching another.
    const options = { ...this.#attachment.options, legacy, preorder, before: undefined, after: undefined };
    put(this.#attachment, program.fd, {
      ...options,
      expectedRevision: undefined,
      replace: legacy === "multi" ? old : undefined,
    });
  }

  protected override leave(): void {
    super.leave();
    this.#cgroup.close();
  }
}

/** The cgroup, or the program's place in it. */
const gone: readonly number[] = [ENOENT, ENODEV, EBADF];
