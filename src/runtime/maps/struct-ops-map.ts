import type { Registrable, StructOpsLink } from "../links/struct-ops.ts";
import type { LoadedMap } from "../load/types.ts";
import { BpfMap, type MapHandle } from "./bpf-map.ts";

/** What a {@link StructOpsMap} asks of the skeleton that it belongs to. */
export interface StructOpsOwner extends Pick<Registrable, "loaded"> {
  /** Registers the map; the skeleton closes the link at its end. */
  attach(): StructOpsLink;
}

/** A variable of `.struct_ops` or `.struct_ops.link`: programs and values that become a part of the kernel. */
export class StructOpsMap extends BpfMap implements Registrable {
  readonly #owner: StructOpsOwner;

  constructor(handle: MapHandle, owner: StructOpsOwner) {
    super(handle);
    this.#owner = owner;
  }

  /**
   * Registers it with the kernel, as `attach()` of the skeleton does. The link is the skeleton's, which closes it at its
   * own end, and yours to close earlier. Throws a `KernelError` when the kernel refuses: EEXIST for a name in use.
   */
  attach(): StructOpsLink {
    return this.#owner.attach();
  }

  /** For `update()` of a link. */
  loaded(): LoadedMap {
    return this.#owner.loaded();
  }
}
