import { attachTypes, type AttachTypeName } from "../../object/bpf-enums.ts";
import { CoreGenError } from "../../errors.ts";
import { KernelError } from "../errors.ts";
import { findInterface, type Interface } from "../kernel/interfaces.ts";
import { permissionHints } from "../kernel/privileges.ts";
import type { LoadedProgram } from "../load/types.ts";
import { Attr, bpf, BPF_LINK_CREATE, BPF_PROG_QUERY, bpfOrThrow, commandName } from "../sys/bpf.ts";
import { EACCES, EBUSY, EEXIST, EINVAL, ENOENT, ENOSPC, EPERM, ERANGE, ESTALE } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
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
  return new KernelError({
    doing: `attaching ${what}`,
    syscall: "bpf",
    command: commandName(BPF_LINK_CREATE),
    errno,
    meaning: errno === EACCES ? hook.noAccess : meanings.get(errno),
    hints: hintsOf(hook, errno),
  });
}

function hintsOf({ noAccess, hints }: DeviceHook, errno: number): readonly string[] {
  if (errno === EACCES && noAccess !== undefined) return hints;
  return errno === EPERM || errno === EACCES ? permissionHints() : [];
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

const QUERY_SIZE = 64;
const MOST_PROGRAMS = 64;

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
  const [programIds, linkIds] = [new Uint8Array(4 * MOST_PROGRAMS), new Uint8Array(4 * MOST_PROGRAMS)];
  const attr = new Attr(QUERY_SIZE)
    .u32(0, index)
    .u32(4, attachTypes.indexOf(attachType))
    .pointer(16, programIds)
    .u32(24, MOST_PROGRAMS)
    .pointer(40, linkIds);
  const result = bpf(BPF_PROG_QUERY, attr);
  if (result === -EINVAL) return undefined;
  // A hook that nothing was ever attached to has no list yet.
  if (result === -ENOENT) return { revision: 1n, programs: [] };
  if (result < 0) bpfOrThrow(BPF_PROG_QUERY, attr, `asking for the programs of ${name}`);
  const links = new Uint32Array(linkIds.buffer);
  const programs = [...new Uint32Array(programIds.buffer)].slice(0, attr.getU32(24));
  return {
    revision: attr.getU64(56),
    programs: programs.map((programId, i) => ({ programId, linkId: links[i] === 0 ? undefined : links[i] })),
  };
}
