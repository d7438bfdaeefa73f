import { attachTypes } from "../../object/bpf-enums.ts";
import { BPF_F_LINK } from "../../object/struct-ops.ts";
import { CoreGenError } from "../../errors.ts";
import type { KernelError } from "../errors.ts";
import { permissionHints } from "../kernel/privileges.ts";
import type { LoadedMap } from "../load/types.ts";
import {
  Attr,
  bpf,
  BPF_LINK_CREATE,
  BPF_LINK_UPDATE,
  BPF_MAP_DELETE_ELEM,
  BPF_MAP_UPDATE_ELEM,
  type Meanings,
  bpfFailure,
} from "../sys/bpf.ts";
import { EACCES, EBUSY, EEXIST, EINPROGRESS, EINVAL, ENOENT, ENOTSUPP, EOPNOTSUPP, EPERM } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { Link } from "./link.ts";

/** What can be registered: a `StructOpsMap`. */
export interface Registrable {
  readonly name: string;
  readonly fd: number;
  /** The map in the kernel; throws when it was not created, or the skeleton is closed. */
  loaded(): LoadedMap;
}

/**
 * A struct_ops map that is registered with the kernel, which calls its programs until the link is closed.
 *
 * One of `.struct_ops.link` ends with this process, and can be moved to another map; one of `.struct_ops` has no link in
 * the kernel: if the process dies without closing it, the map stays registered (`bpftool struct_ops unregister`).
 */
export abstract class StructOpsLink extends Link<Registrable> {
  /**
   * Puts another map of `.struct_ops.link` in the place of this one, without a gap (libbpf: `bpf_link__update_map`).
   * Throws a `KernelError` when the kernel refuses: the name may have to stay, or this part can't be updated.
   */
  abstract override update(map: Registrable): void;
}

/** Registers a struct_ops map (libbpf: `bpf_map__attach_struct_ops`). Throws a `KernelError` when the kernel refuses. */
export function attachStructOps(map: LoadedMap): StructOpsLink {
  const what = `struct_ops map "${map.def.name}"`;
  if (isRegisteredByLink(map)) return new LinkOfMap(what, createLink(map, what));
  storeValue(map, what);
  return new RegisteredMap(what, map.fd);
}

function isRegisteredByLink({ def }: LoadedMap): boolean {
  return (def.flags & BPF_F_LINK) !== 0;
}

/** A map of `.struct_ops`: storing its value has registered it, and deleting it is the end. */
class RegisteredMap extends StructOpsLink {
  readonly #map: Fd;
  #detached = false;

  constructor(what: string, map: Fd) {
    super(what, map);
    this.#map = map;
  }

  override get closed(): boolean {
    return this.#detached || this.#map.closed;
  }

  override get fd(): number {
    if (this.#detached) throw new CoreGenError("closed", `the link of ${this.what} is closed`);
    return this.#map.number;
  }

  /** The descriptor stays open: it is the map's. */
  protected override undo(): void {
    this.#detached = true;
    const result = bpf(BPF_MAP_DELETE_ELEM, new Attr(24).u32(0, this.#map.number).pointer(8, new Uint8Array(4)));
    // Somebody else has unregistered it: bpftool can.
    if (result >= 0 || gone.includes(-result)) return;
    throw failure(`unregistering ${this.what}`, BPF_MAP_DELETE_ELEM, -result);
  }

  protected override leave(): void {
    this.#detached = true;
  }

  override update(map: Registrable): void {
    const { name } = map.loaded().def;
    throw new CoreGenError(
      "bad-input",
      `putting map "${name}" in the place of ${this.what}: that is registered without a link`,
      { hints: ['Put both into SEC(".struct_ops.link").'] },
    );
  }
}

const gone: readonly number[] = [ENOENT, EINPROGRESS];

/** A map of `.struct_ops.link`. */
class LinkOfMap extends StructOpsLink {
  override update(other: Registrable): void {
    const map = other.loaded();
    const doing = `putting map "${map.def.name}" in the place of ${this.what}`;
    if (!isRegisteredByLink(map)) {
      throw new CoreGenError("bad-input", `${doing}: it is in SEC(".struct_ops"), whose maps have no links`, {
        hints: ['Put it into SEC(".struct_ops.link").'],
      });
    }
    storeValue(map, `struct_ops map "${map.def.name}"`);
    const result = bpf(BPF_LINK_UPDATE, new Attr(16).u32(0, this.fd).u32(4, map.fd.number));
    if (result < 0) throw failure(doing, BPF_LINK_UPDATE, -result, updateMeanings);
  }
}

function createLink(map: LoadedMap, what: string): Fd {
  storeValue(map, what);
  const attr = new Attr(16).u32(0, map.fd.number).u32(8, attachTypes.indexOf("struct_ops"));
  const result = bpf(BPF_LINK_CREATE, attr);
  if (result >= 0) return new Fd(result, `the link of ${what}`);
  throw failure(`registering ${what}`, BPF_LINK_CREATE, -result, registerMeanings);
}

/** The kernel takes the value once: a map of links that has it already keeps it, through all its links. */
function storeValue({ def, fd, structOps = new Uint8Array() }: LoadedMap, what: string): void {
  const attr = new Attr(32).u32(0, fd.number).pointer(8, new Uint8Array(4)).pointer(16, structOps);
  const result = bpf(BPF_MAP_UPDATE_ELEM, attr);
  if (result >= 0 || (result === -EBUSY && (def.flags & BPF_F_LINK) !== 0)) return;
  throw failure(`registering ${what}`, BPF_MAP_UPDATE_ELEM, -result, registerMeanings);
}

const registerMeanings: Meanings = new Map([
  [EEXIST, "the kernel has one of this name already"],
  [EBUSY, "it was registered before, and a map of .struct_ops can be registered once"],
  [EINVAL, "the kernel does not accept these values, or a function is missing that it needs"],
  [ENOTSUPP, "it has a function that this kernel does not let programs have"],
  [EOPNOTSUPP, "the kernel has this struct for something else than registering: test runs"],
]);

const updateMeanings: Meanings = new Map([
  [EINVAL, "it is for another struct of the kernel, or differs in something that has to stay: its name"],
  [EOPNOTSUPP, "this part of the kernel can't be updated"],
  [EEXIST, "that map is in this place already"],
]);

function hintsOf(errno: number): string[] {
  switch (errno) {
    case EPERM:
    case EACCES:
      return permissionHints();
    case EEXIST:
      return ["Give it another name, or end the one that is registered: bpftool struct_ops list, bpftool link list."];
    case EBUSY:
      return ['Put it into SEC(".struct_ops.link") to register it again and again, or load another skeleton.'];
    default:
      return [];
  }
}

function failure(doing: string, command: number, errno: number, meanings?: Meanings): KernelError {
  const meaning = meanings?.get(errno);
  return bpfFailure({
    doing,
    command: command,
    errno,
    meaning,
    hints: hintsOf(errno),
  });
}
