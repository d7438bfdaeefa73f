import { CoreGenError } from "../../errors.ts";
import { attachTypes } from "../../object/bpf-enums.ts";
import { hintsIfDenied } from "../kernel/privileges.ts";
import type { LoadedProgram } from "../load/types.ts";
import { Attr, bpf, BPF_LINK_CREATE, bpfFailure, type Meanings } from "../sys/bpf.ts";
import { EAFNOSUPPORT, EBUSY, EINVAL, ENOENT, EOPNOTSUPP, ERANGE } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { Link } from "./link.ts";

/** Which packets: the kernel's NFPROTO_IPV4 and NFPROTO_IPV6. */
export type NetfilterFamily = "ipv4" | "ipv6";

/** Where on a packet's way: the kernel's NF_INET_PRE_ROUTING and so on. */
export type NetfilterHook = "pre-routing" | "local-in" | "forward" | "local-out" | "post-routing";

/** Where a netfilter program goes. */
export interface NetfilterOptions {
  readonly family: NetfilterFamily;
  readonly hook: NetfilterHook;
  /**
   * Lower ones run first, and at one place no two programs have the same: a whole number of 32 bits but the lowest and
   * the highest one, NF_IP_PRI_FIRST and NF_IP_PRI_LAST. iptables' and nftables' filters are at 0. Default: 0.
   */
  readonly priority?: number | undefined;
  /** Puts fragments together before the program sees them; then the priority is above -400. Default: false. */
  readonly defragment?: boolean | undefined;
}

const families: Readonly<Record<NetfilterFamily, number>> = { ipv4: 2, ipv6: 10 };
const hooks: readonly NetfilterHook[] = ["pre-routing", "local-in", "forward", "local-out", "post-routing"];
const BPF_F_NETFILTER_IP_DEFRAG = 1;

/** Attaches a program to netfilter's hooks of this network namespace (libbpf: `bpf_program__attach_netfilter`). */
export function attachNetfilter({ program, fd }: LoadedProgram, options: NetfilterOptions): Link {
  const { family, hook, priority = 0, defragment = false } = options;
  const what = `program "${program.name}" at ${hook} of ${family} (netfilter)`;
  checkOptions(options, `attaching ${what}`);
  const attr = new Attr(32)
    .u32(0, fd.number)
    .u32(8, attachTypes.indexOf("netfilter"))
    .u32(16, families[family])
    .u32(20, hooks.indexOf(hook))
    .u32(24, priority >>> 0)
    .u32(28, defragment ? BPF_F_NETFILTER_IP_DEFRAG : 0);
  const result = bpf(BPF_LINK_CREATE, attr);
  if (result >= 0) return new Link(what, new Fd(result, `the link of ${what}`));
  const errno = -result;
  throw bpfFailure({
    doing: `attaching ${what}`,
    command: BPF_LINK_CREATE,
    errno,
    meaning: errno === EBUSY ? `a program of priority ${priority} is there already` : meanings.get(errno),
    hints: hintsIfDenied(errno, ["CAP_NET_ADMIN"]),
  });
}

function checkOptions({ family, hook, priority = 0 }: NetfilterOptions, doing: string): void {
  const problem = !Object.hasOwn(families, family)
    ? `family is "${family as string}", and not "ipv4" or "ipv6"`
    : !hooks.includes(hook)
      ? `hook is "${hook as string}", and none of ${hooks.join(", ")}`
      : !isPriority(priority)
        ? `priority is ${priority}, and not from -2147483647 to 2147483646`
        : undefined;
  if (problem !== undefined) throw new CoreGenError("bad-input", `${doing}: ${problem}`);
}

/** Without NF_IP_PRI_FIRST and NF_IP_PRI_LAST, which the kernel keeps for itself (bpf_nf_check_pf_and_hooks). */
function isPriority(priority: number): boolean {
  return Number.isInteger(priority) && priority > -0x80000000 && priority < 0x7fffffff;
}

const meanings: Meanings = new Map([
  [EINVAL, "this kernel has no links of netfilter: Linux 6.4 and later have (CONFIG_NETFILTER_BPF_LINK)"],
  [EOPNOTSUPP, "this kernel can't: it is built without CONFIG_NETFILTER_BPF_LINK, or does not put fragments together"],
  [EAFNOSUPPORT, "this kernel has no such packets, or can't put their fragments together"],
  [ENOENT, "the module that puts fragments together is missing: nf_defrag_ipv4, nf_defrag_ipv6"],
  [ERANGE, "with defragment, the priority is above -400, where fragments are put together"],
]);
