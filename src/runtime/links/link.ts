import { CoreGenError } from "../../errors.ts";
import { checkOnBpffs } from "../kernel/bpffs.ts";
import { hintsIfDenied } from "../kernel/privileges.ts";
import type { KernelError } from "../errors.ts";
import { pinAt, unpinAt } from "../maps/pinning.ts";
import { Attr, bpf, BPF_LINK_DETACH, BPF_LINK_UPDATE, type Meanings, bpfFailure } from "../sys/bpf.ts";
import { EINVAL, ENOLINK, EOPNOTSUPP, EPERM } from "../sys/errno.ts";
import type { Fd } from "../sys/fd.ts";
import { isLink } from "../sys/link-fd.ts";
import { openPinned } from "../sys/pin.ts";
import type { LinkInfo } from "./link-info.ts";
import { readLinkInfo } from "./read-link-info.ts";

/** A loaded program: one of `skel.progs`, of this skeleton or of another. */
export interface ProgramSource {
  readonly name: string;
  readonly section: string;
  readonly fd: number;
}

/** How a link is updated. */
export interface UpdateOptions<Target = ProgramSource> {
  /** What the link must be running: when it runs something else, the kernel refuses and all stays as it is. */
  readonly expected?: Target | undefined;
}

const BPF_F_REPLACE = 4;

/**
 * A program that the kernel runs at some event. It does so until the link is closed, or the process ends; a pin, or
 * {@link Link.disconnect}, keeps it longer.
 */
export class Link<Target extends { readonly name: string; readonly fd: number } = ProgramSource> {
  readonly #fd: Fd;
  #what: string;
  #pinPath: string | undefined;
  #disconnected = false;

  /**
   * Opens a link that is pinned in a BPF file system (libbpf: `bpf_link__open`). It is yours to close; the pin keeps the
   * program attached after that.
   *
   * Throws a `CoreGenError` with code `bad-input` when nothing is pinned there, or something else than a link. For one
   * that is to be read, see `IterLink.fromPin`.
   *
   * @example
   * using link = Link.fromPin("/sys/fs/bpf/guard");
   * link.update(skel.progs.guard);
   */
  static fromPin(path: string): Link {
    const what = `the link pinned at ${path}`;
    checkOnBpffs(path, `opening ${what}`);
    const fd = openPinned(path, what);
    if (fd === undefined) throw new CoreGenError("bad-input", `opening ${what}: nothing is pinned there`);
    if (!isLink(fd.number)) {
      fd.close();
      throw new CoreGenError("bad-input", `opening ${what}: it is a map or a program, not a link`);
    }
    return new Link(what, fd, path);
  }

  /** Takes over `fd`: the program is attached for as long as it is open, or pinned at `pinPath`. */
  constructor(what: string, fd: Fd, pinPath?: string) {
    this.#what = what;
    this.#fd = fd;
    this.#pinPath = pinPath;
  }

  /** What is attached to what, for messages: `program "handle_execve" at tracepoint syscalls/sys_enter_execve`. */
  get what(): string {
    return this.#what;
  }

  /**
   * The number of the descriptor that keeps the program attached: a BPF link, or on old kernels a perf event. It stays
   * the link's. Throws a `CoreGenError` with code `closed` after `detach`.
   */
  get fd(): number {
    return this.#fd.number;
  }

  get closed(): boolean {
    return this.#fd.closed;
  }

  /** Where the link is pinned: by {@link Link.pin}, or where {@link Link.fromPin} has found it. */
  get pinPath(): string | undefined {
    return this.#pinPath;
  }

  /** Whether closing the link leaves the program attached: see {@link Link.disconnect}. */
  get disconnected(): boolean {
    return this.#disconnected;
  }

  /**
   * What the kernel says about the link: its id, its program, and where that is attached. Throws a `CoreGenError` with
   * code `unsupported` where there is no BPF link (perf events before Linux 5.15, attachments by BPF_PROG_ATTACH).
   */
  info(): LinkInfo {
    this.#checkIsLink(`asking about ${this.what}`);
    return readLinkInfo(this.fd, this.what);
  }

  /**
   * Lets the link run another program, of the same type and attach type, in the place of the one it has: no event is
   * missed, and none runs both (libbpf: `bpf_link__update_program`, Linux 5.7; cgroup, netns, XDP, TCX, netkit, sockmap,
   * iterators can, those for tracing can't).
   *
   * Throws a `KernelError`: with errno EPERM when it does not run what is `expected`, EINVAL or EOPNOTSUPP when this
   * kind of link can't be updated, or not to this program, ENOLINK when what it was attached to is gone.
   */
  update(target: Target, { expected }: UpdateOptions<Target> = {}): void {
    const doing = `putting program "${target.name}" in the place of ${this.what}`;
    this.#checkIsLink(doing);
    const attr = new Attr(16).u32(0, this.fd).u32(4, target.fd);
    if (expected !== undefined) attr.u32(8, BPF_F_REPLACE).u32(12, expected.fd);
    const result = bpf(BPF_LINK_UPDATE, attr);
    if (result < 0) throw failure(doing, BPF_LINK_UPDATE, -result, expected);
    this.renameProgram(target.name);
  }

  /**
   * Pins the link at `path` in a BPF file system: the program stays attached when the link is closed and when the process
   * ends, until the pin is removed. Folders that are missing are made, for their owner alone (libbpf: `bpf_link__pin`).
   *
   * Throws a `KernelError` with errno EEXIST when something is there already, a `CoreGenError` with code `bad-input` when
   * the path is not in a BPF file system or the link is pinned elsewhere, and with `unsupported` where there is no link.
   */
  pin(path: string): void {
    if (this.#pinPath === path) return;
    const doing = `pinning the link of ${this.what} at ${path}`;
    if (this.#pinPath !== undefined)
      throw new CoreGenError("bad-input", `${doing}: it is pinned at ${this.#pinPath}, and a link has one pin`);
    this.#checkIsLink(doing);
    pinAt(this.#fd, path);
    this.#pinPath = path;
  }

  /** Removes the link's pin; the program stays attached until the link is closed. Nothing happens when it is not pinned. */
  unpin(): void {
    if (this.#pinPath === undefined) return;
    unpinAt(this.#pinPath, `the link of ${this.what}`);
    this.#pinPath = undefined;
  }

  /** Detaches the program; a second call does nothing. The program stays loaded, and can be attached again. */
  detach(): void {
    if (this.closed) return;
    if (this.#disconnected) this.leave();
    else this.undo();
  }

  /**
   * Detaches the program whoever else holds the link: other processes, and its pin, keep a link that does nothing any more
   * (libbpf: `bpf_link__detach`, Linux 5.9). The descriptor stays open until {@link Link.detach}.
   *
   * Throws a `KernelError`: EOPNOTSUPP for kinds of links that can't (tracing, perf events).
   */
  forceDetach(): void {
    const doing = `detaching ${this.what} by force`;
    this.#checkIsLink(doing);
    const result = bpf(BPF_LINK_DETACH, new Attr(4).u32(0, this.fd));
    if (result < 0) throw failure(doing, BPF_LINK_DETACH, -result);
  }

  /**
   * Lets the program stay attached when the link is closed (libbpf: `bpf_link__disconnect`). What has no BPF link stays
   * attached for good; a BPF link until this process ends, or for as long as it is pinned.
   */
  disconnect(): void {
    this.#disconnected = true;
  }

  /** The same as {@link detach}. */
  close(): void {
    this.detach();
  }

  [Symbol.dispose](): void {
    this.detach();
  }

  /** For {@link Link.what}, after an update. */
  protected renameProgram(name: string): void {
    this.#what = this.#what.replace(/^program "[^"]*"/u, () => `program "${name}"`);
  }

  /** Ends the attachment. */
  protected undo(): void {
    this.#fd.close();
  }

  /** Lets go of the attachment and leaves it as it is. A pin holds it without the descriptor. */
  protected leave(): void {
    if (this.#pinPath === undefined) this.#fd.abandon();
    else this.#fd.close();
  }

  #checkIsLink(doing: string): void {
    if (isLink(this.fd)) return;
    throw new CoreGenError("unsupported", `${doing}: this kernel attaches it without a BPF link`, {
      hints: ["Perf events have links since Linux 5.15, cgroups since 5.7, sockmaps since 6.10."],
    });
  }
}

/** A link of a program or of a struct_ops map. */
export type AnyLink = Link<never>;

const updateMeanings: Meanings = new Map([
  [EINVAL, "this kind of link can't be updated, or the program is of another type or attach type"],
  [EOPNOTSUPP, "this kind of link can't be updated"],
  [ENOLINK, "what it was attached to is gone"],
]);

const detachMeanings: Meanings = new Map([
  [EINVAL, "this kernel can't: Linux 5.9 and later can"],
  [EOPNOTSUPP, "this kind of link can't be detached by force"],
]);

function failure(doing: string, command: number, errno: number, expected?: { readonly name: string }): KernelError {
  // EPERM says both; with enough privileges to load a program it is the former.
  const isOther = command === BPF_LINK_UPDATE && errno === EPERM && expected !== undefined;
  const meanings = command === BPF_LINK_UPDATE ? updateMeanings : detachMeanings;
  return bpfFailure({
    doing,
    command: command,
    errno,
    meaning: isOther ? `it does not run program "${expected.name}"` : meanings.get(errno),
    hints: isOther ? [] : hintsIfDenied(errno, ["CAP_NET_ADMIN"]),
  });
}
