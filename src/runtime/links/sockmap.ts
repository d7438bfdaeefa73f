import { attachTypes, type AttachTypeName } from "../../object/bpf-enums.ts";
import { CoreGenError } from "../../errors.ts";
import { hintsIfDenied } from "../kernel/privileges.ts";
import { kernelIsAtLeast } from "../kernel/release.ts";
import type { LoadedProgram } from "../load/types.ts";
import { checkDescriptor } from "../maps/descriptors.ts";
import { Attr, bpf, BPF_LINK_CREATE, BPF_PROG_ATTACH, BPF_PROG_DETACH, bpfFailure } from "../sys/bpf.ts";
import { EBADF, EBUSY, EINVAL, ENOENT, EOPNOTSUPP } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { LegacyLink } from "./legacy-link.ts";
import { Link, type ProgramSource, type UpdateOptions } from "./link.ts";
import { kernelMakesLinks } from "./makes-links.ts";

/** A map of sockets: a `SockMap` or `SockHash`, also of another skeleton, or the number of a descriptor of one. */
export type SocketMap = { readonly kind: "sockmap" | "sockhash"; readonly name: string; readonly fd: number } | number;

/** What a `SEC("sk_skb")` program can be for. */
export type SockmapHook = "stream_parser" | "stream_verdict" | "verdict";

/** How a program is attached to a map of sockets. */
export interface SockmapOptions {
  /** What the program is for, where its section does not say it: `SEC("sk_skb")`. */
  readonly as?: SockmapHook | undefined;
  /**
   * Attaches without a BPF link, by BPF_PROG_ATTACH, as kernels before 6.10 always do: then the program takes the place of
   * another one that was attached so.
   */
  readonly legacy?: boolean | undefined;
}

/** What is attached to which hook of which map. */
interface SockmapAttachment {
  readonly what: string;
  readonly map: Fd;
  readonly attachType: AttachTypeName;
}

/** Attaches a program to a map of sockets (libbpf: `bpf_program__attach_sockmap`). */
export function attachSockmap({ program, fd }: LoadedProgram, of: SocketMap, options: SockmapOptions): Link {
  const doing = `attaching program "${program.name}"`;
  const attachType = attachTypeOf(program.def?.attachTypeName, options, doing);
  const map = openMap(of);
  const attachment = { what: `program "${program.name}" at ${attachType} of ${map.what}`, map, attachType };
  try {
    if (options.legacy !== true) {
      const link = attachByLink(attachment, fd);
      if (link !== undefined) {
        map.close();
        return link;
      }
    }
    put(attachment, fd.number);
    return new SockmapWithoutLink(attachment, fd);
  } catch (error) {
    map.close();
    throw error;
  }
}

function attachTypeOf(ofSection: AttachTypeName | undefined, { as }: SockmapOptions, doing: string): AttachTypeName {
  if (as === undefined) {
    if (ofSection !== undefined) return ofSection;
    throw new CoreGenError("bad-input", `${doing}: SEC("sk_skb") does not say what the program is for`, {
      hints: [
        'Set `as: "stream_verdict"`, or write SEC("sk_skb/stream_verdict"); parsers and plain verdicts likewise.',
      ],
    });
  }
  const wanted = `sk_skb_${as}` as const;
  if (ofSection === undefined || ofSection === wanted) return wanted;
  throw new CoreGenError("bad-input", `${doing}: its section says that it is for ${ofSection}, not for ${wanted}`);
}

/** The link, or what stands for it, outlives the skeleton's map. */
function openMap(of: SocketMap): Fd {
  if (typeof of !== "number") return Fd.duplicate(of.fd, `map "${of.name}"`);
  const number = checkDescriptor(of, "a map of sockets");
  return Fd.duplicate(number, `the map with descriptor ${number}`);
}

/** Undefined where the kernel has no such links: before Linux 6.10. */
function attachByLink(attachment: SockmapAttachment, program: Fd): Link | undefined {
  const { what, map } = attachment;
  const attachType = attachTypes.indexOf(attachment.attachType);
  const attr = new Attr(16).u32(0, program.number).u32(4, map.number).u32(8, attachType);
  const result = bpf(BPF_LINK_CREATE, attr);
  if (result >= 0) return new Link(what, new Fd(result, `the link of ${what}`));
  if (result === -EINVAL && !kernelMakesLinks(program, attachType)) return undefined;
  throw refusal(attachment, BPF_LINK_CREATE, -result);
}

function put(attachment: SockmapAttachment, program: number): void {
  const { map, attachType } = attachment;
  const attr = new Attr(16).u32(0, map.number).u32(4, program).u32(8, attachTypes.indexOf(attachType));
  const result = bpf(BPF_PROG_ATTACH, attr);
  if (result < 0) throw refusal(attachment, BPF_PROG_ATTACH, -result);
}

function refusal({ what, attachType }: SockmapAttachment, command: number, errno: number): CoreGenError {
  if (attachType === "sk_skb_verdict" && errno === EINVAL && !kernelIsAtLeast([5, 13])) {
    return new CoreGenError("unsupported", `attaching ${what}: this kernel does not have it, Linux 5.13 and later do`, {
      hints: ["A stream_verdict can do the same for TCP, beside a stream_parser that returns the length of its data."],
    });
  }
  return bpfFailure({
    doing: `attaching ${what}`,
    command,
    errno,
    meaning: meanings.get(errno),
    hints: hintsIfDenied(errno, ["CAP_NET_ADMIN"]),
  });
}

const NO_SOCKMAP = "it is neither a sockmap nor a sockhash";
const meanings: ReadonlyMap<number, string> = new Map([
  [EBUSY, "a link has a program there already; or a stream_verdict and a verdict, of which a map has one"],
  [EINVAL, NO_SOCKMAP],
  [EBADF, NO_SOCKMAP],
  [EOPNOTSUPP, `${NO_SOCKMAP}, or the kernel was built without it (CONFIG_BPF_STREAM_PARSER)`],
]);

/** Takes over the map's descriptor. */
class SockmapWithoutLink extends LegacyLink {
  readonly #attachment: SockmapAttachment;

  constructor(attachment: SockmapAttachment, program: Fd) {
    super(attachment.what, program.number);
    this.#attachment = attachment;
  }

  protected override takeAway(): void {
    const { map, attachType } = this.#attachment;
    const attr = new Attr(12).u32(0, map.number).u32(4, this.fd).u32(8, attachTypes.indexOf(attachType));
    const result = bpf(BPF_PROG_DETACH, attr);
    if (result >= 0 || displaced.includes(-result)) return;
    throw bpfFailure({ doing: `detaching ${this.what}`, command: BPF_PROG_DETACH, errno: -result });
  }

  protected override replace(program: ProgramSource, { expected }: UpdateOptions): void {
    this.checkRuns(expected, program);
    put({ ...this.#attachment, what: `program "${program.name}" in the place of ${this.what}` }, program.fd);
  }

  protected override leave(): void {
    super.leave();
    this.#attachment.map.close();
  }
}

/** Another program is there, by BPF_PROG_ATTACH or by a link. */
const displaced: readonly number[] = [ENOENT, EBUSY];
