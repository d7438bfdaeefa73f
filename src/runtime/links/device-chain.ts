import { attachTypes, type AttachTypeName } from "../../object/bpf-enums.ts";
import { CoreGenError } from "../../errors.ts";
import { KernelError } from "../errors.ts";
import { findInterface, type Interface } from "../kernel/interfaces.ts";
import { hintsIfDenied } from "../kernel/privileges.ts";
import type { LoadedProgram } from "../load/types.ts";
import { Attr, bpf, BPF_LINK_CREATE, bpfFailure } from "../sys/bpf.ts";
import { EACCES, EBUSY, EEXIST, EINVAL, ENOENT, ENOSPC, ERANGE, ESTALE } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { queryPrograms } from "../sys/prog-query.ts";
import { readChainPlace, type ChainPlace } from "./chain-place.ts";
import { Link } from "./link.ts";

/*
 * The programs of a device's tcx and netkit hooks run one after the other: kernel/bpf/mprog.c keeps their order.
 */

/** A hook of a device, with what is said where a kernel doesn't have it. */
export interface DeviceHook {
  readonly attachType: AttachTypeName;
  /** "ingress (tcx)" */
  readonly name: string;
  /** "Linux 6.6 and later have tcx" */
  readonly since: string;
  readonly hints: readonly string[];
  /** What EACCES means. */
  readonly noAccess?: string;
}

/** `target_ifindex`, flags, and `tcx.expected_revision`, which is the last field. */
const LINK_CREATE_SIZE = 32;

/** Attaches a program to a hook of a device (libbpf: `bpf_program__attach_tcx`, `bpf_program__attach_netkit`). */
export function attachToDevice(
  { program, fd }: LoadedProgram,
  hook: DeviceHook,
  options: ChainPlace & { readonly interface: Interface },
): Link {
  const doing = `attaching program "${program.name}" to ${hook.name}`;
  const { index, name } = findInterface(options.interface, doing);
  const what = `program "${program.name}" at ${hook.name} of interface ${name}`;
  const { flags, relative } = readChainPlace(options, doing);
  const attr = new Attr(LINK_CREATE_SIZE)
    .u32(0, fd.number)
    .u32(4, index)
    .u32(8, attachTypes.indexOf(hook.attachType))
    .u32(12, flags)
    .u32(16, relative)
    .u64(24, options.expectedRevision ?? 0n);
  const result = bpf(BPF_LINK_CREATE, attr);
  if (result >= 0) return new Link(what, new Fd(result, `the link of ${what}`));
  throw refusal(what, hook, -result, index);
}

/** Old kernels and devices without the hook answer EINVAL as well as a wrong place does: a query tells them apart. */
function refusal(what: string, hook: DeviceHook, errno: number, index: number): CoreGenError {
  if (errno === EINVAL && queryHook(hook, index) === undefined) return noSuchHook(what, hook);
  return bpfFailure({
    doing: `attaching ${what}`,
    command: BPF_LINK_CREATE,
    errno,
    meaning: errno === EACCES ? hook.noAccess : meanings.get(errno),
    hints: hintsOf(hook, errno),
  });
}

function hintsOf({ noAccess, hints }: DeviceHook, errno: number): readonly string[] {
  if (errno === EACCES && noAccess !== undefined) return hints;
  return hintsIfDenied(errno);
}

function noSuchHook(what: string, { since, hints }: DeviceHook): CoreGenError {
  return new CoreGenError("unsupported", `attaching ${what}: this kernel does not have it there, ${since}`, { hints });
}

const meanings: ReadonlyMap<number, string> = new Map([
  [ENOENT, "the program or link that it should be next to is not attached there"],
  [ERANGE, "the program or link that it should be next to is not attached there"],
  [EEXIST, "this program is attached there already"],
  [ESTALE, "the programs there have changed since the expected revision"],
  [EBUSY, "the place is taken by a link"],
  [ENOSPC, "64 programs are attached there, and that is the most"],
  [EINVAL, "the program was loaded for something else, or the place can't be"],
]);

/** The programs of a hook, in the order they run. */
export interface DeviceChain {
  /** Counts changes: for `expectedRevision`. */
  readonly revision: bigint;
  readonly programs: readonly { readonly programId: number; readonly linkId: number | undefined }[];
}

/** The programs of a hook of a device (libbpf: `bpf_prog_query_opts`). Throws a `CoreGenError` where it doesn't exist. */
export function queryDevice(hook: DeviceHook, which: Interface): DeviceChain {
  const { index, name } = findInterface(which, `asking for the programs of ${hook.name}`);
  const chain = queryHook(hook, index);
  if (chain !== undefined) return chain;
  const doing = `asking for the programs at ${hook.name} of interface ${name}`;
  throw new CoreGenError("unsupported", `${doing}: this kernel does not have it there, ${hook.since}`);
}

/** Undefined where there is no such hook. */
function queryHook({ attachType, name }: DeviceHook, index: number): DeviceChain | undefined {
  const query = { target: index, attachType: attachTypes.indexOf(attachType), withLinks: true };
  try {
    const { revision, programs } = queryPrograms(query, `asking for the programs of ${name}`);
    return { revision, programs };
  } catch (error) {
    if (error instanceof KernelError && error.errno === EINVAL) return undefined;
    throw error;
  }
}
