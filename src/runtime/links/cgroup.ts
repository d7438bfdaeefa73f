import { attachTypes, type AttachTypeName } from "../../object/bpf-enums.ts";
import { CoreGenError } from "../../errors.ts";
import { openCgroup } from "../kernel/cgroup-folder.ts";
import { hasFeature } from "../kernel/features.ts";
import type { LoadedProgram } from "../load/types.ts";
import { Attr, bpf, BPF_LINK_CREATE } from "../sys/bpf.ts";
import { Fd } from "../sys/fd.ts";
import { BPF_F_PREORDER, refusal, type CgroupAttachment, type CgroupOptions } from "./cgroup-attachment.ts";
import { attachWithoutLink } from "./cgroup-legacy.ts";
import { readChainPlace } from "./chain-place.ts";
import { Link } from "./link.ts";

/**
 * Attaches a program to a cgroup, for the processes in there and in the cgroups below it (libbpf:
 * `bpf_program__attach_cgroup_opts`).
 */
export function attachCgroup({ program, fd }: LoadedProgram, options: CgroupOptions): Link {
  const attachType = attachTypeOf(program.def?.attachTypeName, options);
  const what = `program "${program.name}" at ${attachType} of cgroup ${options.cgroup}`;
  const cgroup = openCgroup(options.cgroup, `attaching ${what}`);
  try {
    const attachment = { what, program: fd, cgroup, attachType: attachTypes.indexOf(attachType), options };
    const withoutLink = options.legacy !== undefined || !hasFeature("cgroup-link");
    const link = withoutLink ? attachWithoutLink(attachment) : attachByLink(attachment);
    // A link holds on to its cgroup; without one, the descriptor is needed for detaching.
    if (!withoutLink) cgroup.close();
    return link;
  } catch (error) {
    cgroup.close();
    throw error;
  }
}

/** `SEC("cgroup/skb")` has none of its own. */
function attachTypeOf(ofSection: AttachTypeName | undefined, { direction }: CgroupOptions): AttachTypeName {
  if (ofSection !== undefined) return ofSection;
  return direction === "egress" ? "cgroup_inet_egress" : "cgroup_inet_ingress";
}

function attachByLink({ what, program, cgroup, attachType, options }: CgroupAttachment): Link {
  if (options.replace !== undefined) {
    throw new CoreGenError("bad-input", `attaching ${what}: replace is for programs without links`, {
      hints: ['Put another program into a link by link.update(), or set legacy: "multi".'],
    });
  }
  const place = readChainPlace(options, `attaching ${what}`);
  const flags = place.flags | (options.preorder === true ? BPF_F_PREORDER : 0);
  // Kernels before 6.17 have no such fields, and refuse a longer struct only when they are set.
  const attr = new Attr(32)
    .u32(0, program.number)
    .u32(4, cgroup.number)
    .u32(8, attachType)
    .u32(12, flags)
    .u32(16, place.relative)
    .u64(24, options.expectedRevision ?? 0n);
  const result = bpf(BPF_LINK_CREATE, attr);
  if (result >= 0) return new Link(what, new Fd(result, `the link of ${what}`));
  throw refusal({ what, command: BPF_LINK_CREATE, errno: -result, options });
}
