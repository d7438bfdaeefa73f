import { attachTypes, type AttachTypeName } from "../../object/bpf-enums.ts";
import { CoreGenError } from "../../errors.ts";
import { openNetworkNamespace, type NetworkNamespace } from "../kernel/network-namespace.ts";
import { hintsIfDenied } from "../kernel/privileges.ts";
import type { LoadedProgram } from "../load/types.ts";
import { Attr, bpf, BPF_LINK_CREATE, BPF_PROG_ATTACH, BPF_PROG_DETACH, bpfFailure } from "../sys/bpf.ts";
import { E2BIG, EEXIST, EINVAL, ENOENT } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { LegacyLink } from "./legacy-link.ts";
import { Link, type ProgramSource, type UpdateOptions } from "./link.ts";
import { kernelMakesLinks } from "./makes-links.ts";

/** Which network namespace a program is attached to. */
export interface NetnsOptions {
  /** "/run/netns/blue", "/proc/PID/ns/net", or the number of a descriptor of that; this process's own when it is left out. */
  readonly netns?: NetworkNamespace | undefined;
  /**
   * Attaches a flow dissector without a BPF link, by BPF_PROG_ATTACH, as kernels before 5.8 always do: only to this
   * process's own namespace, and in the place of another one that was attached so.
   */
  readonly legacy?: boolean | undefined;
}

/** Attaches a program to a network namespace (libbpf: `bpf_program__attach_netns`). */
export function attachNetns({ program, fd }: LoadedProgram, { netns, legacy = false }: NetnsOptions): Link {
  const attachType = program.def?.attachTypeName ?? "sk_lookup";
  using namespace = openNetworkNamespace(netns, `attaching program "${program.name}" at ${attachType}`);
  const what = `program "${program.name}" at ${attachType} of ${namespace.what}`;
  if (!legacy) {
    const link = attachByLink({ what, attachType, program: fd, namespace });
    if (link !== undefined) return link;
  }
  if (attachType !== "flow_dissector")
    throw new CoreGenError("unsupported", `attaching ${what}: only flow dissectors can be without a BPF link`);
  if (netns !== undefined) {
    throw new CoreGenError("unsupported", `attaching ${what}: without a BPF link it can only be this process's own`, {
      hints: ["Linux 5.8 and later have the links. Or start this process in there: `ip netns exec NAME`."],
    });
  }
  put(what, fd.number);
  return new DissectorWithoutLink(what, fd.number);
}

interface NetnsAttachment {
  readonly what: string;
  readonly attachType: AttachTypeName;
  readonly program: Fd;
  readonly namespace: Fd;
}

/** Undefined where the kernel has no such links: before Linux 5.8. */
function attachByLink({ what, attachType, program, namespace }: NetnsAttachment): Link | undefined {
  const number = attachTypes.indexOf(attachType);
  const attr = new Attr(16).u32(0, program.number).u32(4, namespace.number).u32(8, number);
  const result = bpf(BPF_LINK_CREATE, attr);
  if (result >= 0) return new Link(what, new Fd(result, `the link of ${what}`));
  if (result === -EINVAL && !kernelMakesLinks(program, number)) return undefined;
  const meanings = attachType === "flow_dissector" ? dissectorMeanings : lookupMeanings;
  throw refusal({ what, command: BPF_LINK_CREATE, errno: -result, meaning: meanings.get(-result) });
}

function put(what: string, program: number): void {
  const attr = new Attr(16).u32(4, program).u32(8, attachTypes.indexOf("flow_dissector"));
  const result = bpf(BPF_PROG_ATTACH, attr);
  const meaning = result === -EINVAL ? "this program is attached there already" : dissectorMeanings.get(-result);
  if (result < 0) throw refusal({ what, command: BPF_PROG_ATTACH, errno: -result, meaning });
}

interface Refusal {
  readonly what: string;
  readonly command: number;
  readonly errno: number;
  readonly meaning: string | undefined;
}

function refusal({ what, ...facts }: Refusal): CoreGenError {
  return bpfFailure({ doing: `attaching ${what}`, ...facts, hints: hintsIfDenied(facts.errno, ["CAP_NET_ADMIN"]) });
}

const lookupMeanings: ReadonlyMap<number, string> = new Map([
  [E2BIG, "64 programs are attached there, and that is the most"],
]);

/** Kernel: `netns_bpf_link_attach`, `flow_dissector_bpf_prog_attach_check`. */
const dissectorMeanings: ReadonlyMap<number, string> = new Map([
  [E2BIG, "a flow dissector is attached there already, and there can be one"],
  [
    EEXIST,
    "a flow dissector is attached there in the other way, with a link or without; or the machine's first network namespace has one, which is for all, or is to get one while another namespace has its own",
  ],
]);

class DissectorWithoutLink extends LegacyLink {
  protected override takeAway(): void {
    const attr = new Attr(12).u32(4, this.fd).u32(8, attachTypes.indexOf("flow_dissector"));
    const result = bpf(BPF_PROG_DETACH, attr);
    // Another program is there, or the process has gone to another namespace.
    if (result >= 0 || result === -ENOENT) return;
    throw bpfFailure({ doing: `detaching ${this.what}`, command: BPF_PROG_DETACH, errno: -result });
  }

  protected override replace(program: ProgramSource, { expected }: UpdateOptions): void {
    this.checkRuns(expected, program);
    put(`program "${program.name}" in the place of ${this.what}`, program.fd);
  }
}
