import { CoreGenError } from "../../../errors.ts";
import { Fd } from "../../sys/fd.ts";
import { Link } from "../link.ts";
import type { UsdtMaps } from "./usdt-maps.ts";

/** A program at all places of a USDT probe through one link of the kernel's (Linux 6.6). */
export class UsdtLink extends Link {
  readonly #maps: UsdtMaps;

  constructor(what: string, fd: Fd, maps: UsdtMaps) {
    super(what, fd);
    this.#maps = maps;
  }

  protected override undo(): void {
    super.undo();
    this.#maps.forget();
  }
}

/** The same on older kernels: one probe for each place. Its descriptor is that of the first. */
export class UsdtLinks extends UsdtLink {
  readonly #links: readonly Link[];

  /** Takes over `links`, one or more. */
  constructor(what: string, links: readonly Link[], maps: UsdtMaps) {
    super(what, Fd.duplicate(links[0]?.fd ?? -1, `the link of ${what}`), maps);
    this.#links = links;
  }

  override pin(path: string): void {
    if (this.#links.length === 1) {
      super.pin(path);
      return;
    }
    throw new CoreGenError(
      "unsupported",
      `pinning the link of ${this.what} at ${path}: it is ${this.#links.length} links, before Linux 6.6 one for each place of the probe`,
    );
  }

  protected override undo(): void {
    for (const link of this.#links) link.detach();
    super.undo();
  }

  protected override leave(): void {
    for (const link of this.#links) {
      link.disconnect();
      link.detach();
    }
    super.leave();
  }
}
